import type { Line } from "./line.js";

/** A read of no more than this may be a lone small segment, which is what the server's Nagle algorithm waits behind. */
const smallReadBytes = 2048;
const delayMs = 1;

/**
 * OpenSSH's sshd leaves Nagle's algorithm on for a session that only forwards, so that a small answer waits until the small
 * packet before it is acknowledged; and our kernel delays an acknowledgement by up to 40 ms when it has nothing to send. So when
 * a small read was followed by a millisecond without a byte of ours, `nudge` sends one, and the acknowledgement rides on it.
 * Measured for 1 KiB messages: 99th percentile 40 ms without, under 3 ms with it.
 */
export function nudgeAcknowledgements(line: Line, isWanted: () => boolean, nudge: () => void): void {
  let writtenBytes = 0;
  const timer = setTimeout(() => {
    if (line.writable && line.bytesWritten === writtenBytes && isWanted()) nudge();
  }, delayMs);
  line.on("data", (chunk: Buffer) => {
    writtenBytes = line.bytesWritten;
    if (chunk.length <= smallReadBytes) timer.refresh();
  });
  line.once("close", () => clearTimeout(timer));
}
