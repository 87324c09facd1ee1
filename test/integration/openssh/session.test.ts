import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { neverAborted } from "../../support/login.js";
import { hasOpenSsh, localhost, Scene } from "./scene.js";

const scene = new Scene();
afterEach(scene.cleanups.run);

describe.skipIf(!hasOpenSsh)("a session of the system's ssh", () => {
  it("writes nothing into the server's log when it asks whether the peer is there", async () => {
    const sshd = await scene.sshd();
    const session = await scene.connect(sshd);
    await session.probe(neverAborted);
    const before = sshd.log();
    for (let asked = 0; asked < 20; asked += 1) await session.probe(neverAborted);
    expect(sshd.log()).toBe(before);
  });

  it("asks another way where the server permits no session, and its channels go on", async () => {
    const sshd = await scene.sshd({ extraConfig: ["MaxSessions 0"] });
    const session = await scene.connect(sshd);
    const { port } = await scene.service((socket) => void socket.end("served"));
    for (let asked = 0; asked < 3; asked += 1) expect(await session.probe(neverAborted)).toBeGreaterThan(0);
    expect((await buffer(await session.dial(localhost(port), neverAborted))).toString()).toBe("served");
    await sshd.freezeSessions();
    const abort = new AbortController();
    const asking = session.probe(abort.signal);
    expect(await Promise.race([asking, delay(300, "silence")])).toBe("silence");
    abort.abort(new Error("given up"));
    await expect(asking).rejects.toThrow("given up");
  });

  it("that is lost ends its channels with an error, not as if they had come to their end", async () => {
    const sshd = await scene.sshd();
    const session = await scene.connect(sshd);
    const { port } = await scene.service((socket) => void socket.write("the first half, "));
    const channel = await session.dial(localhost(port), neverAborted);
    const read = expect(buffer(channel)).rejects.toThrow();
    await expect.poll(() => session.traffic().receivedBytes).toBeGreaterThan(0);
    await sshd.killSessions();
    await read;
    expect(await session.ended).toMatchObject({ code: "peer-closed", recovery: "retry" });
    await expect(session.dial(localhost(port), neverAborted)).rejects.toMatchObject({ code: "session-gone" });
    await expect(session.probe(neverAborted)).rejects.toMatchObject({ code: "session-gone" });
  });

  it("that was closed here says so, and its dials and questions end with it", async () => {
    const sshd = await scene.sshd();
    const session = await scene.connect(sshd);
    await session.probe(neverAborted);
    await sshd.freezeSessions();
    const asked = Promise.allSettled([session.dial(localhost(1), neverAborted), session.probe(neverAborted)]);
    session.close();
    const gone = { status: "rejected", reason: { code: "session-gone" } };
    expect(await asked).toMatchObject([gone, gone]);
    expect(await session.ended).toMatchObject({ code: "session-gone" });
  });
});
