import { execFile } from "node:child_process";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { Socket } from "node:net";
import { StringDecoder } from "node:string_decoder";
import { promisify } from "node:util";

const chunkBytes = 64 * 1024;

/**
 * A named pipe for a process that cannot be given a nameless one. It is held open for writing here as well, so that it has no end;
 * `finish` reads what is left in it.
 */
export class LogPipe {
  readonly path: string;
  readonly #fd: number;
  readonly #socket: Socket;
  readonly #decoder = new StringDecoder("utf8");
  readonly #onText: (text: string) => void;

  /** Node has no mkfifo(3); the program is part of every Unix. */
  static async make(path: string, onText: (text: string) => void): Promise<LogPipe> {
    await promisify(execFile)("mkfifo", ["-m", "600", path]);
    return new LogPipe(path, onText);
  }

  private constructor(path: string, onText: (text: string) => void) {
    this.path = path;
    this.#onText = onText;
    this.#fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      this.#socket = new Socket({ fd: this.#fd, readable: true, writable: false });
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
    this.#socket.on("error", () => {}).on("data", (chunk: Buffer) => onText(this.#decoder.write(chunk)));
  }

  /** To be called once, when the process has ended: what it wrote is all there by then. */
  finish(): void {
    const chunk = Buffer.alloc(chunkBytes);
    try {
      for (;;) this.#onText(this.#decoder.write(chunk.subarray(0, readSync(this.#fd, chunk))));
    } catch {
      // EAGAIN: it is empty.
    }
    this.#socket.destroy();
  }
}
