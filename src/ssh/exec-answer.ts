import { Failure } from "../base/failure.js";
import type { ExecResult } from "./session.js";

/** Of each of the two streams. Nothing that is asked here has a longer answer. */
export const answerMaxBytes = 1024 * 1024;

/** What a command on the server says, until it has ended. */
export class ExecAnswer {
  readonly #said = { stdout: new Said(), stderr: new Said() };
  #exitCode: number | null = null;

  /** Throws `exec-failed` when it is too long. */
  add(stream: "stdout" | "stderr", chunk: Buffer): void {
    const said = this.#said[stream];
    said.add(chunk);
    if (said.bytes > answerMaxBytes) throw new Failure("exec-failed", `the command's ${stream} is longer than ${answerMaxBytes} bytes`);
  }

  /** Not called, or with null, when a signal ended it. */
  exit(code: number | null): void {
    this.#exitCode = code;
  }

  result(): ExecResult {
    return { exitCode: this.#exitCode, stdout: this.#said.stdout.text(), stderr: this.#said.stderr.text() };
  }
}

class Said {
  readonly #chunks: Buffer[] = [];
  bytes = 0;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.bytes += chunk.length;
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}

/** The server opened no session for a command, or did not start it. */
export function execRefused(why: string, cause?: unknown): Failure {
  return new Failure("exec-refused", `the server runs no command for this log-in (${why})`, { cause });
}
