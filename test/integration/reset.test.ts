import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { reset } from "../../src/forward/reset.js";
import { Cleanups } from "../support/cleanups.js";

const cleanups = new Cleanups();
afterEach(cleanups.run);

/** Both ends of a connection, the near one half-open. */
async function pair(): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  cleanups.add(() => void server.close());
  await once(server, "listening");
  const far = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", allowHalfOpen: true });
  cleanups.add(() => void far.destroy());
  const [near] = (await once(server, "connection")) as [Socket];
  for (const end of [near, far]) end.on("error", () => {});
  return { near, far };
}

describe("a connection that is reset", () => {
  it.each<[string, (action: () => void) => void]>([
    ["in the same turn", (action) => action()],
    ["a tick later", (action) => process.nextTick(action)],
    ["in the next turn", (action) => void setImmediate(action)],
  ])("is closed, and its peer hears of it, also when it was ended %s", async (_, later) => {
    const { near, far } = await pair();
    const closed = once(near, "close");
    const heard = once(far, "error");
    near.end();
    later(() => reset(near));
    await closed;
    far.on("data", () => {}).write("anyone there?");
    expect(await heard).toMatchObject([{ code: expect.stringMatching(/ECONNRESET|EPIPE/) }]);
  });

  it("is no clean end for its peer when words were still to be written before that end", async () => {
    const { near, far } = await pair();
    near.write(Buffer.alloc(64 * 1024 * 1024));
    near.end();
    reset(near);
    far.resume();
    await expect(once(far, "end")).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("does not wait for a peer that reads nothing", async () => {
    const { near } = await pair();
    const closed = once(near, "close");
    near.end(Buffer.alloc(16 * 1024 * 1024));
    reset(near);
    await closed;
    expect(near.writableFinished).toBe(false);
  });
});
