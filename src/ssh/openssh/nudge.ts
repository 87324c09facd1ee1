import type { Socket } from "node:net";

/** A read of no more than this may be a lone small packet, which is what the server's Nagle algorithm waits behind. */
const smallReadBytes = 2048;
const delayMs = 1;
/** When an answer that is waited for is asked for again. Later the kernel has acknowledged everything without our doing. */
const urgesMs = [1, 2, 4, 8, 16, 32];

/**
 * sshd leaves Nagle's algorithm on for a session that only forwards, so that a small answer waits until the small packet before it
 * is acknowledged; and our kernel delays an acknowledgement by up to 40 ms when it has nothing to send. So when something small
 * came and a millisecond passed without an answer to it, `nudge` sends something, and the acknowledgement rides on it. What the
 * server says of itself after a log-in (its host keys) is not seen here, and the first answers stand behind it: so while one is
 * waited for, `nudge` is called a few times.
 */
export class AcknowledgementNudge {
  readonly #timer: NodeJS.Timeout;
  #socket: Socket | undefined;
  #writtenBytes = 0;
  readonly #nudge: () => void;
  #waiting = 0;
  #urge: NodeJS.Timeout | undefined;

  constructor(nudge: () => void) {
    this.#nudge = nudge;
    this.#timer = setTimeout(() => {
      if (this.#socket === undefined || this.#socket.bytesWritten === this.#writtenBytes) nudge();
    }, delayMs);
  }

  onRead(socket: Socket, bytes: number): void {
    if (bytes > smallReadBytes) return;
    this.#socket = socket;
    this.#writtenBytes = socket.bytesWritten;
    this.#timer.refresh();
  }

  /** Something small came that nobody answers. */
  onHeard(): void {
    this.#socket = undefined;
    this.#timer.refresh();
  }

  /** The server owes an answer, until the returned function is called. */
  urge(): () => void {
    this.#waiting += 1;
    this.#urgeAfter(0);
    return () => {
      this.#waiting -= 1;
      if (this.#waiting === 0) clearTimeout(this.#urge);
    };
  }

  end(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#urge);
    this.#socket = undefined;
  }

  #urgeAfter(done: number): void {
    clearTimeout(this.#urge);
    const delayMs = urgesMs[done];
    if (delayMs === undefined) return;
    this.#urge = setTimeout(() => {
      this.#nudge();
      this.#urgeAfter(done + 1);
    }, delayMs);
  }
}
