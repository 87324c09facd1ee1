/** A read of no more than this may be a lone small packet, which is what the server's Nagle algorithm waits behind. */
const smallReadBytes = 2048;
const delayMs = 1;

/**
 * OpenSSH's sshd leaves Nagle's algorithm on for a session that only forwards, so that a small answer waits until the small packet
 * before it is acknowledged; and our kernel delays an acknowledgement by up to 40 ms when it has nothing to send. So when a small
 * read was followed by a millisecond without a byte of ours, `nudge` is to send one, and the acknowledgement rides on it.
 * Measured for 1 KiB messages: 99th percentile 40 ms without, under 3 ms with it.
 */
export class AcknowledgementNudge {
  readonly #timer: NodeJS.Timeout;
  #stream: { readonly bytesWritten: number } | undefined;
  #writtenBytes = 0;

  constructor(nudge: () => void) {
    this.#timer = setTimeout(() => {
      if (this.#stream?.bytesWritten === this.#writtenBytes) nudge();
    }, delayMs);
  }

  onRead(stream: { readonly bytesWritten: number }, bytes: number): void {
    if (bytes > smallReadBytes) return;
    this.#stream = stream;
    this.#writtenBytes = stream.bytesWritten;
    this.#timer.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#stream = undefined;
  }
}
