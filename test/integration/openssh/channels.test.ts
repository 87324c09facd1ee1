import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
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

  it("carries both directions, and one may end while the other goes on", async () => {
    const { port } = await scene.service((socket) => {
      socket.on("data", () => {}).once("end", () => socket.end("answered after the question had ended"));
    }, halfOpen);
    const channel = await session.dial(localhost(port), neverAborted);
    expect((await exchange(channel, "question")).toString()).toBe("answered after the question had ended");
  });

  it("brings the same bytes back, however many there are", async () => {
    const { port } = await scene.service(echo, halfOpen);
    const sent = randomBytes(24 * 1024 * 1024);
    const channel = await session.dial(localhost(port), neverAborted);
    const hash = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
    expect(hash(await exchange(channel, sent))).toBe(hash(sent));
  });

  it("is one of many, each with its own bytes", async () => {
    const { port } = await scene.service(echo, halfOpen);
    const numbers = Array.from({ length: 300 }, (_, index) => `channel ${index}`);
    const answers = await Promise.all(
      numbers.map(async (text) => {
        const channel = await session.dial(localhost(port), neverAborted);
        return (await exchange(channel, text)).toString();
      }),
    );
    expect(answers).toEqual(numbers);
  });

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

  it("is unreachable where the server knows no such host", async () => {
    const to = { host: "no-such-host.invalid", port: 80 };
    await expect(session.dial(to, neverAborted)).rejects.toMatchObject({ code: "service-unreachable" });
  });

  it("leads to a unix socket of the server", async () => {
    const path = join(scene.cleanups.folder(), "service.sock");
    await scene.service(echo, { ...halfOpen, unixSocket: path });
    expect((await exchange(await session.dial({ path }, neverAborted), "by path")).toString()).toBe("by path");
    await expect(session.dial({ path: `${path}.none` }, neverAborted)).rejects.toMatchObject({
      code: expect.stringMatching(/service-un|channel-|prohibited/),
    });
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

describe.skipIf(!hasOpenSsh)("a listener on the server", () => {
  const scene = new Scene();
  afterEach(scene.cleanups.run);

  it("hands over each connection, at the port that was asked for or that the server chose", async () => {
    const session = await scene.connect(await scene.sshd());
    for (const wanted of [await freePort(), 0]) {
      const listener = await session.listen(localhost(wanted), (channel) => void channel.pipe(channel), neverAborted);
      const { port } = listener.bind as { port: number };
      expect(wanted === 0 ? port > 0 : port === wanted).toBe(true);
      const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      expect((await exchange(socket, "from the server's side")).toString()).toBe("from the server's side");
      listener.close();
      await expect.poll(() => isListening(port)).toBe(false);
    }
  });

  it("may be a unix socket", async () => {
    const session = await scene.connect(await scene.sshd());
    const path = join(scene.cleanups.folder(), "remote.sock");
    await session.listen({ path }, (channel) => void channel.end("hello"), neverAborted);
    expect((await buffer(connect(path))).toString()).toBe("hello");
  });

  it("is refused at a port that somebody has", async () => {
    const session = await scene.connect(await scene.sshd());
    const { port } = await scene.service();
    await expect(session.listen(localhost(port), () => {}, neverAborted)).rejects.toMatchObject({ code: "remote-bind-refused" });
  });
});

describe.skipIf(!hasOpenSsh)("a server that forbids forwards", () => {
  const scene = new Scene();
  afterEach(scene.cleanups.run);

  it("is told apart from a service that is not there", async () => {
    const session = await scene.connect(await scene.sshd({ extraConfig: ["AllowTcpForwarding no"] }));
    await expect(session.dial(localhost(80), neverAborted)).rejects.toMatchObject({ code: "forwarding-prohibited" });
    await expect(session.listen(localhost(0), () => {}, neverAborted)).rejects.toMatchObject({ code: "remote-bind-refused" });
  });
});

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  return once(socket, "connect")
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}
