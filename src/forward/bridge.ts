import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { giveBackRead } from "../base/read-buffers.js";
import type { ForwardCounters } from "./counters.js";
import { reset as resetSocket } from "./reset.js";

/**
 * Carries bytes between a local client and a channel until both directions have ended, raw and in order. Either side may stop
 * talking and go on listening; a slow reader stops its writer; an error on one side is a reset on the other.
 * Resolves when both are closed. `client` may be paused.
 */
export function bridge(client: Socket, channel: Duplex, counters: ForwardCounters): Promise<void> {
  return new Promise((resolve) => {
    let open = 2;
    const closed = () => {
      open -= 1;
      if (open === 0) resolve();
    };
    const reset = () => {
      resetSocket(client);
      channel.destroy();
    };
    pump(client, channel, (bytes) => {
      counters.bytesOut += bytes;
    });
    pump(channel, client, (bytes) => {
      counters.bytesIn += bytes;
    });
    client.on("error", reset);
    channel.on("error", reset);
    client.once("close", () => {
      // A client that said all and heard all has left; what it said may still wait for the channel's window.
      if (!client.readableEnded || !client.writableFinished) channel.destroy();
      closed();
    });
    channel.once("close", () => {
      // Both ends were heard, or the peer closed the channel whole: nothing more can come, and what came is still written.
      client.destroySoon();
      closed();
    });
  });
}

/** One direction. Not `pipe`: counting and the end of one direction without the other cost nothing extra here. */
function pump(from: Duplex, to: Duplex, count: (bytes: number) => void): void {
  from.on("data", (chunk: Buffer) => {
    count(chunk.length);
    if (!to.write(chunk)) from.pause();
    // A socket that keeps nothing has handed all of it to the system.
    if (to instanceof Socket && to.writableLength === 0) giveBackRead(chunk);
  });
  to.on("drain", () => from.resume());
  // A client whose first words were read already may have said its last with them.
  if (from.readableEnded) to.end();
  else from.once("end", () => to.end());
  from.resume();
}
