import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { expect, it } from "vitest";
import { reset } from "../../../src/forward/reset.js";

async function pair(): Promise<{ ours: Socket; theirs: Socket }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const theirs = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", allowHalfOpen: true });
  const [ours] = (await once(server, "connection")) as [Socket];
  server.close();
  return { ours, theirs };
}

it("is heard as an error", async () => {
  const { ours, theirs } = await pair();
  const heard = once(theirs, "error");
  reset(ours);
  expect(await heard).toMatchObject([{ code: "ECONNRESET" }]);
});

it("closes a connection whose end is on the way, after the last word", async () => {
  const { ours, theirs } = await pair();
  const heard = buffer(theirs).catch(() => "reset");
  const closed = once(ours, "close");
  ours.end("the last word");
  reset(ours);
  await closed;
  expect(["the last word", "reset"]).toContain(String(await heard));
  theirs.destroy();
});

it("does not wait for a peer that reads nothing", async () => {
  const { ours, theirs } = await pair();
  theirs.on("error", () => {});
  const closed = once(ours, "close");
  ours.end(Buffer.alloc(16 * 1024 * 1024));
  reset(ours);
  await closed;
  expect(ours.writableFinished).toBe(false);
  theirs.destroy();
});
