import type { Socket } from "node:net";

/** What one direction of a link does to the bytes in it. `stall` keeps them and lets them go on later, `swallow` is for ever. */
export interface PipeWeather {
  readonly mode: "pass" | "stall" | "swallow";
  readonly delayMs: number;
  readonly bytesPerSecond: number;
  /** After so many bytes from now on nothing more comes out, and `onStopped` is called. */
  readonly stopAfterBytes: number;
}

export const clearWeather: PipeWeather = {
  mode: "pass",
  delayMs: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  stopAfterBytes: Number.POSITIVE_INFINITY,
};

export interface PipeWatcher {
  onBytes(bytes: Buffer): void;
  onStopped(): void;
}

/** The sender is stopped when so much waits here. One read of Node's (64 KiB) may come on top. */
export const pipeBufferBytes = 64 * 1024;

/** How finely a throttled line is cut: fifty pieces a second. */
const slicesPerSecond = 50;
const leastSliceBytes = 256;

interface Parcel {
  /** null is the end of the stream. */
  readonly bytes: Buffer | null;
  readonly dueMs: number;
}

/** One direction of a link: in order, with backpressure, and with a bounded queue whatever the weather. */
export class FaultPipe {
  passedBytes = 0;
  mostQueuedBytes = 0;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #watcher: PipeWatcher;
  #weather = clearWeather;
  #leftBytes = Number.POSITIVE_INFINITY;
  #queue: Parcel[] = [];
  #queuedBytes = 0;
  #lineFreeMs = 0;
  #isFull = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, watcher: PipeWatcher) {
    this.#from = from;
    this.#to = to;
    this.#watcher = watcher;
    from.on("data", (chunk: Buffer) => this.#take(chunk));
    from.once("end", () => this.#queueUp(null));
    to.on("drain", () => {
      this.#isFull = false;
      this.#deliver();
    });
    to.once("close", () => clearTimeout(this.#timer));
  }

  use(weather: PipeWeather): void {
    this.#weather = weather;
    this.#leftBytes = weather.stopAfterBytes;
    if (weather.mode === "swallow") this.#drop();
    // What had to wait for the old weather goes on now, and what comes is not held up behind it.
    this.#queue = this.#queue.map(({ bytes }) => ({ bytes, dueMs: 0 }));
    this.#lineFreeMs = 0;
    if (weather.mode === "stall") this.#from.pause();
    this.#deliver();
  }

  #take(chunk: Buffer): void {
    if (this.#weather.mode === "swallow") return;
    const { bytesPerSecond } = this.#weather;
    const isThrottled = Number.isFinite(bytesPerSecond);
    const sliceBytes = isThrottled ? Math.max(leastSliceBytes, Math.floor(bytesPerSecond / slicesPerSecond)) : chunk.length;
    for (let at = 0; at < chunk.length; at += sliceBytes) this.#queueUp(chunk.subarray(at, at + sliceBytes));
  }

  #queueUp(bytes: Buffer | null): void {
    if (this.#weather.mode === "swallow") return;
    const { bytesPerSecond, delayMs } = this.#weather;
    const size = bytes?.length ?? 0;
    this.#lineFreeMs = Math.max(this.#lineFreeMs, performance.now()) + (size / bytesPerSecond) * 1000;
    this.#queue.push({ bytes, dueMs: this.#lineFreeMs + delayMs });
    this.#queuedBytes += size;
    this.mostQueuedBytes = Math.max(this.mostQueuedBytes, this.#queuedBytes);
    if (this.#queuedBytes >= pipeBufferBytes) this.#from.pause();
    this.#deliver();
  }

  #deliver(): void {
    clearTimeout(this.#timer);
    if (this.#weather.mode === "stall") return;
    for (let next = this.#queue[0]; next !== undefined && !this.#isFull; next = this.#queue[0]) {
      const waitMs = next.dueMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#deliver(), waitMs);
        break;
      }
      this.#queue.shift();
      this.#pass(next.bytes);
    }
    if (this.#queuedBytes < pipeBufferBytes) this.#from.resume();
  }

  #pass(bytes: Buffer | null): void {
    if (bytes === null) return void this.#to.end();
    this.#queuedBytes -= bytes.length;
    const isLast = bytes.length >= this.#leftBytes;
    const passed = isLast ? bytes.subarray(0, this.#leftBytes) : bytes;
    this.#leftBytes -= passed.length;
    this.passedBytes += passed.length;
    this.#watcher.onBytes(passed);
    this.#isFull = !this.#to.write(passed, () => isLast && this.#watcher.onStopped());
    if (isLast) this.use({ ...this.#weather, mode: "swallow" });
  }

  #drop(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
  }
}
