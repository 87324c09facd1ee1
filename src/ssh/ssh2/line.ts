import { Duplex, type Readable, type Writable } from "node:stream";

/** What a session runs over: a net.Socket, or a stream that counts as honestly. */
export interface Line extends Duplex {
  readonly bytesRead: number;
  /** Also those that wait to be taken, as with a net.Socket. */
  readonly bytesWritten: number;
  /** Destroys it when what was written is out. */
  destroySoon(): void;
}

/** What a RelayedLine runs over. */
export interface Carrier {
  readonly input: Readable;
  readonly output: Writable;
  /** Bytes of ours that were taken, and that the kernel has not taken yet. */
  readonly unsentBytes: () => number;
  /** What a failure of the input means. */
  readonly explain: (error: Error) => Error;
  /** Lets go of everything beneath. Called once. */
  readonly release: () => void;
}

/** A line over what is no socket: a channel of another session, or the two pipes of a child. It owns what carries it. */
export class RelayedLine extends Duplex implements Line {
  bytesRead = 0;
  readonly #carrier: Carrier;
  #takenBytes = 0;

  constructor(carrier: Carrier) {
    super();
    this.#carrier = carrier;
    const { input, output } = carrier;
    input.on("data", (chunk: Buffer) => {
      this.bytesRead += chunk.length;
      if (!this.push(chunk)) input.pause();
    });
    input.on("error", (error: Error) => this.destroy(carrier.explain(error)));
    // What cannot be written has its cause on the other side, which tells it by the end of the input.
    output.on("error", () => {});
    // Until the log-in listens nobody else does; `errored` keeps what broke meanwhile.
    this.on("error", () => {});
  }

  get bytesWritten(): number {
    return this.#takenBytes + this.writableLength;
  }

  get unsentBytesBelow(): number {
    return this.#carrier.unsentBytes();
  }

  /** Nothing more will come. */
  endReading(): void {
    if (!this.readableEnded && !this.destroyed) this.push(null);
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  override _read(): void {
    this.#carrier.input.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#carrier.output.write(chunk, encoding, (error) => {
      if (error) return;
      this.#takenBytes += chunk.length;
      callback();
    });
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#carrier.output.end();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#carrier.release();
    callback(error);
  }
}

/** What was written to a line and the kernel has not taken. */
export function unsentBytesOf(line: Line): number {
  return line.writableLength + (line instanceof RelayedLine ? line.unsentBytesBelow : 0);
}
