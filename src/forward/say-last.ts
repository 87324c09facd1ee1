import type { Socket } from "node:net";

/** How long a client that still sends may take to hear the answer. */
const lingerMs = 1_000;
/** What is read and thrown away of such a client. */
const drainMaxBytes = 1024 * 1024;

/**
 * Says `words` and the end, and then goes on reading for a moment: closed with unread bytes a connection is reset, and the
 * answer with it. A client that has very much to say is left to it, with time to hear that nobody listens.
 */
export function sayLast(client: Socket, words: string | Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (client.destroyed) return resolve();
    let drainedBytes = 0;
    const timer = setTimeout(() => client.destroy(), lingerMs);
    client.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
    client.on("data", (chunk: Buffer) => {
      drainedBytes += chunk.length;
      if (drainedBytes > drainMaxBytes) client.pause();
    });
    client.end(words);
    client.resume();
  });
}
