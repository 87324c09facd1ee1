import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { neverAborted } from "../../support/login.js";
import type { TestSshd } from "../../support/test-sshd.js";
import { until } from "../../support/until.js";
import { dial, engines, hasRealServer, readAll, useScene } from "./scene.js";

const mebibyte = 1024 * 1024;
const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

describe.skipIf(!hasRealServer).each(engines)("a channel by %s", (_name, engine) => {
  const scene = useScene(engine);
  let sshd: TestSshd;
  beforeEach(async () => {
    sshd = await scene.sshd();
  });

  it("reaches a TCP service, and a unix socket, of the server", async () => {
    const session = await scene.connect(sshd);
    const path = join(scene.cleanups.folder(), "service");
    const hello = (socket: { end(text: string): unknown }) => socket.end("hello");
    const [tcp] = [await scene.service(hello), await scene.service(hello, { unixSocket: path })];
    expect((await readAll(await dial(session, tcp.port))).toString()).toBe("hello");
    expect((await readAll(await dial(session, { path }))).toString()).toBe("hello");
  });

  it("goes on listening after it has ended its own side, and the other way round", async () => {
    const session = await scene.connect(sshd);
    const answering = await scene.service(
      (socket) => {
        let heard = 0;
        socket.on("data", (chunk: Buffer) => {
          heard += chunk.length;
        });
        socket.once("end", () => socket.end(`heard ${heard}`));
      },
      { allowHalfOpen: true },
    );
    const channel = await dial(session, answering.port);
    channel.end(randomBytes(mebibyte));
    expect((await readAll(channel)).toString()).toBe(`heard ${mebibyte}`);

    let heardAfterEnd = 0;
    const ending = await scene.service(
      (socket) => {
        socket.end("bye");
        socket.on("data", (chunk: Buffer) => {
          heardAfterEnd += chunk.length;
        });
      },
      { allowHalfOpen: true },
    );
    const other = await dial(session, ending.port);
    expect((await readAll(other)).toString()).toBe("bye");
    other.end(randomBytes(mebibyte));
    await until(() => heardAfterEnd === mebibyte);
  });

  it("carries single bytes and large blocks in order, both ways at once, while keys are exchanged again and again", async () => {
    const rekeying = await scene.sshd({ extraConfig: ["RekeyLimit 1M"] });
    const session = await scene.connect(rekeying);
    const echo = await scene.service((socket) => void socket.pipe(socket), { allowHalfOpen: true });
    const channel = await dial(session, echo.port);
    const sent = randomBytes(12 * mebibyte);
    const back = readAll(channel);
    for (let at = 0; at < 1_000; at += 1) channel.write(sent.subarray(at, at + 1));
    for (let at = 1_000; at < sent.length; at += 300_000) {
      if (!channel.write(sent.subarray(at, at + 300_000))) await once(channel, "drain");
    }
    channel.end();
    expect(digest(await back)).toBe(digest(sent));
  });

  it("stops the server's service when nobody reads, and goes on when somebody does", async () => {
    const session = await scene.connect(sshd);
    const sent = randomBytes(64 * mebibyte);
    let written = 0;
    const source = await scene.service(async (socket) => {
      for (let at = 0; at < sent.length && !socket.destroyed; at += 65_536) {
        if (!socket.write(sent.subarray(at, at + 65_536))) await once(socket, "drain").catch(() => {});
        written = at + 65_536;
      }
      socket.end();
    });
    const channel = await dial(session, source.port);
    channel.pause();
    let before = -1;
    await until(() => {
      const stands = written === before && written > 0;
      before = written;
      return stands;
    });
    expect(written).toBeLessThan(sent.length / 2);
    expect(digest(await readAll(channel))).toBe(digest(sent));
  });

  it("is one of two hundred at once, each with its own bytes", async () => {
    const session = await scene.connect(sshd);
    const echo = await scene.service((socket) => void socket.pipe(socket), { allowHalfOpen: true });
    const texts = Array.from({ length: 200 }, (_, index) => `channel ${index} `.repeat(500));
    const answers = await Promise.all(
      texts.map(async (text) => {
        const channel = await dial(session, echo.port);
        channel.end(text);
        return (await readAll(channel)).toString();
      }),
    );
    expect(answers).toEqual(texts);
    await until(() => session.traffic().openChannels === 0);
  });

  it("that the server's service refuses is told so, and hurts no other", async () => {
    const session = await scene.connect(sshd);
    const echo = await scene.service((socket) => void socket.pipe(socket), { allowHalfOpen: true });
    const channel = await dial(session, echo.port);
    await expect(dial(session, 1)).rejects.toMatchObject({ code: "service-refused" });
    await expect(dial(session, { host: "no-such-host.invalid", port: 80 })).rejects.toMatchObject({ code: "service-unreachable" });
    await expect(dial(session, { path: "/no/such/socket" })).rejects.toMatchObject({
      code: expect.stringMatching(/^service-(?:refused|unreachable)$/),
    });
    channel.end("still here");
    expect((await readAll(channel)).toString()).toBe("still here");
  });

  it("that is destroyed is gone on the server too", async () => {
    const session = await scene.connect(sshd);
    const service = await scene.service((socket) => void socket.write("talk"));
    const channel = await dial(session, service.port);
    await once(channel, "readable");
    channel.destroy();
    await until(() => service.sockets.size === 0);
    await until(() => session.traffic().openChannels === 0);
  });

  it("ends with the session, and says so, when the server kills it", async () => {
    const session = await scene.connect(sshd);
    const service = await scene.service();
    const channel = await dial(session, service.port);
    const failed = once(channel, "error");
    await sshd.killSessions();
    expect(await session.ended).toMatchObject({ recovery: "retry" });
    await failed;
    await expect(dial(session, service.port)).rejects.toMatchObject({ code: "session-gone" });
  });

  it("is counted as long as it is open, and its bytes are signs of life", async () => {
    const session = await scene.connect(sshd);
    const service = await scene.service((socket) => void socket.write(randomBytes(mebibyte)));
    const before = session.traffic().receivedBytes;
    const channel = await dial(session, service.port);
    channel.resume();
    await until(() => session.traffic().receivedBytes >= before + mebibyte);
    expect(session.traffic().openChannels).toBe(1);
  });

  it("is not needed to know that the peer lives; a peer that stands still answers nothing", async () => {
    const session = await scene.connect(sshd);
    expect(await session.probe(neverAborted)).toBeGreaterThan(0);
    await sshd.freezeSessions();
    const life = new AbortController();
    const asked = session.probe(life.signal);
    setTimeout(() => life.abort(new Error("no answer")), 500);
    await expect(asked).rejects.toThrow("no answer");
  });
});
