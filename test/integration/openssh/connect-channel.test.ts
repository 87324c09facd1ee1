import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { bridge } from "../../../src/forward/bridge.js";
import { newCounters } from "../../../src/forward/counters.js";
import { connectChannel } from "../../../src/ssh/openssh/connect-channel.js";
import { Cleanups } from "../../support/cleanups.js";

const cleanups = new Cleanups();
afterEach(cleanups.run);

const sha256 = (parts: readonly Buffer[]) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest("hex");

async function listen(where: { path: string } | { port: number; host: string }, onSocket: (socket: Socket) => void) {
  const server = createServer({ allowHalfOpen: true }, onSocket);
  cleanups.add(() => void server.close());
  server.listen(where);
  await once(server, "listening");
  return server;
}

/** A client whose connection is carried on to a channel on which `said` is to be heard. */
async function clientOf(said: readonly Buffer[]): Promise<Socket> {
  const path = join(cleanups.folder(), "s");
  await listen({ path }, (socket) => {
    for (const part of said) socket.write(part);
    socket.end();
  });
  const local = await listen({ port: 0, host: "127.0.0.1" }, (socket) => void bridge(socket, connectChannel(path), newCounters()));
  const address = local.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const client = connect({ port: address.port, host: "127.0.0.1" });
  cleanups.add(() => void client.destroy());
  return client;
}

it("brings every byte to several readers at once, the slow and the quick, though its buffers are used again", async () => {
  const sizes = [8 * 1024 * 1024, 10, 100_000, 20_000, 1, 4 * 1024 * 1024];
  const heard = Array.from({ length: 4 }, async (_, reader) => {
    const said = sizes.map((size) => randomBytes(size));
    const client = await clientOf(said);
    const parts: Buffer[] = [];
    for await (const part of client) {
      parts.push(Buffer.from(part));
      for (let turns = 0; turns < reader * 5; turns += 1) await turn();
    }
    return [sha256(parts), sha256(said)];
  });
  for (const [received, sent] of await Promise.all(heard)) expect(received).toBe(sent);
});
