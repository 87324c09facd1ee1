import type { Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { SshSession } from "../../../src/ssh/session.js";
import { neverAborted } from "../../support/login.js";
import { freePort } from "../../support/sshd.js";
import type { TestSshd } from "../../support/test-sshd.js";
import { exchange, hasOpenSsh, localhost, Scene } from "./scene.js";

const echo = (socket: Socket) => void socket.pipe(socket);
const halfOpen = { allowHalfOpen: true };

describe.skipIf(!hasOpenSsh)("a channel of the system's ssh", () => {
  const whole = new Scene();
  const scene = new Scene();
  let sshd: TestSshd;
  let session: SshSession;

  beforeAll(async () => {
    sshd = await whole.sshd();
    session = await whole.connect(sshd);
    // As a tunnel does first of all.
    await session.probe(neverAborted);
  });
  afterEach(scene.cleanups.run);
  afterAll(whole.cleanups.run);

  it("may lead to more destinations than are kept open", async () => {
    const services = await Promise.all(
      Array.from({ length: 80 }, () => scene.service((socket) => void socket.end(String(socket.localPort)))),
    );
    for (const { port } of [...services, ...services]) {
      const channel = await session.dial(localhost(port), neverAborted);
      expect((await buffer(channel)).toString()).toBe(String(port));
      channel.destroy();
    }
  });

  it("is refused where nothing listens, and the next one is not", async () => {
    const port = await freePort();
    await expect(session.dial(localhost(port), neverAborted)).rejects.toMatchObject({ code: "service-refused" });
    const { port: open } = await scene.service(echo, halfOpen);
    const dials = [port, open, port, open].map((to) => session.dial(localhost(to), neverAborted));
    const settled = await Promise.allSettled(dials);
    expect(settled.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "rejected", "fulfilled"]);
    for (const dialled of settled) if (dialled.status === "fulfilled") dialled.value.destroy();
  });

  it("that nobody waits for any more hurts no other", async () => {
    const { port, sockets } = await scene.service(echo, halfOpen);
    const abort = new AbortController();
    const given = session.dial(localhost(port), abort.signal);
    const kept = session.dial(localhost(port), neverAborted);
    abort.abort(new Error("no longer"));
    await expect(given).rejects.toThrow("no longer");
    expect((await exchange(await kept, "kept")).toString()).toBe("kept");
    await expect.poll(() => sockets.size).toBe(0);
  });

  it("counts its bytes, and is counted", async () => {
    const { port } = await scene.service(echo, halfOpen);
    await expect.poll(() => session.traffic().openChannels).toBe(0);
    const before = session.traffic();
    const channel = await session.dial(localhost(port), neverAborted);
    expect(session.traffic().openChannels).toBe(before.openChannels + 1);
    await exchange(channel, Buffer.alloc(100_000));
    const after = session.traffic();
    expect(after.receivedBytes - before.receivedBytes).toBe(100_000);
    expect(after.sentBytes - before.sentBytes).toBe(100_000);
    await expect.poll(() => session.traffic().openChannels).toBe(0);
  });
});
