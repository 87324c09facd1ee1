import type { Socket } from "node:net";

/** A read of no more than this may be a lone small packet, which is what the server's Nagle algorithm waits behind. */
const smallReadBytes = 2048;
const delayMs = 1;

/**
 * sshd leaves Nagle's algorithm on for a session that only forwards, so that a small answer waits until the small packet before it
 * is acknowledged; and our kernel delays an acknowledgement by up to 40 ms when it has nothing to send. So when something small
 * came and a millisecond passed without an answer to it, `nudge` sends something, and the acknowledgement rides on it.
 */
export class AcknowledgementNudge {
  readonly #timer: NodeJS.Timeout;
  #socket: Socket | undefined;
  #writtenBytes = 0;

  constructor(nudge: () => void) {
    this.#timer = setTimeout(() => {
      if (this.#socket?.bytesWritten === this.#writtenBytes) nudge();
    }, delayMs);
  }

  onRead(socket: Socket, bytes: number): void {
    if (bytes > smallReadBytes) return;
    this.#socket = socket;
    this.#writtenBytes = socket.bytesWritten;
    this.#timer.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#socket = undefined;
  }
}
