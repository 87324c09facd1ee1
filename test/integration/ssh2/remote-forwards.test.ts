import { once } from "node:events";
import { connect as connectSocket, type Socket } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import type { Address, Endpoint } from "../../../src/base/address.js";
import type { SshSession } from "../../../src/ssh/session.js";
import { neverAborted } from "../../support/login.js";
import { freePort } from "../../support/sshd.js";
import { sshdKind } from "../../support/test-sshd.js";
import { until } from "../../support/until.js";
import { connectTo, serverFor, useServer } from "./scene.js";

const server = useServer();
const { cleanups } = server;

describe.skipIf(sshdKind() !== "openssh")("a remote forward", () => {
  it.each(["localhost", "*", ""])("is taken at the address %j as ssh takes it", async (host) => {
    const session = await server.connect();
    const { bind } = await session.listen({ host, port: 0 }, shout, neverAborted);
    expect(await askAt({ host: "127.0.0.1", port: (bind as Address).port }, "hello")).toBe("HELLO");
  });

  it("keeps two of one session apart", async () => {
    const session = await server.connect();
    const heard: string[] = [];
    const ports: number[] = [];
    for (const name of ["a", "b"]) {
      const { bind } = await session.listen(
        { host: "127.0.0.1", port: 0 },
        (channel) => {
          heard.push(name);
          channel.destroy();
        },
        neverAborted,
      );
      ports.push((bind as Address).port);
    }
    for (const port of ports) await askAt({ host: "127.0.0.1", port }, "x").catch(() => {});
    expect(heard).toEqual(["a", "b"]);
  });

  it("listens no more after it is closed, and leaves alone what stands", async () => {
    const session = await server.connect();
    const { bind, close } = await listen(session, 0);
    const socket = connectSocket((bind as Address).port, "127.0.0.1");
    cleanups.add(() => socket.destroy());
    await once(socket, "connect");
    await until(() => session.traffic().openChannels === 1);
    close();
    await until(() => refuses(bind as Address));
    socket.end("still here");
    expect(await text(socket)).toBe("STILL HERE");
  });

  it("that an old session still holds is refused, retried, and named as such", async () => {
    const old = await server.connect();
    const { bind } = await listen(old, 0);
    const session = await server.connect();
    await expect(session.listen(bind, shout, neverAborted)).rejects.toMatchObject({
      code: "remote-bind-refused",
      recovery: "retry",
      message: expect.stringContaining("something listens there already"),
    });
    expect(await askAt(bind as Address, "hello")).toBe("HELLO");
  });

  it("that the server does not allow is refused with what may be the reason", async () => {
    const strict = await serverFor(cleanups, { extraConfig: ["AllowTcpForwarding local"] });
    const session = await connectTo(cleanups, strict);
    await expect(listen(session, await freePort())).rejects.toMatchObject({
      code: "remote-bind-refused",
      message: expect.stringContaining("PermitListen"),
    });
    expect(await session.probe(neverAborted)).toBeGreaterThan(0);
  });

  it("is session-gone when the session ends meanwhile", async () => {
    const session = await server.connect();
    const listening = listen(session, 0);
    session.close();
    await expect(listening).rejects.toMatchObject({ code: "session-gone" });
    await expect(listen(session, 0)).rejects.toMatchObject({ code: "session-gone" });
  });

  it("that nobody waits for any more is cancelled", async () => {
    const session = await server.connect();
    const port = await freePort();
    const abort = new AbortController();
    const listening = session.listen({ host: "127.0.0.1", port }, shout, abort.signal);
    abort.abort(new Error("not now"));
    await expect(listening).rejects.toThrow("not now");
    await session.probe(neverAborted);
    await until(() => refuses({ host: "127.0.0.1", port }));
  });

  it("counts its connections, and forgets one that was destroyed before all of it was read", async () => {
    const session = await server.connect();
    const channels: Duplex[] = [];
    const { bind } = await session.listen({ host: "127.0.0.1", port: 0 }, (channel) => channels.push(channel), neverAborted);
    const socket = connectSocket((bind as Address).port, "127.0.0.1").on("error", () => {});
    cleanups.add(() => socket.destroy());
    socket.write(Buffer.alloc(100_000));
    await until(() => session.traffic().receivedBytes > 100_000);
    expect(session.traffic().openChannels).toBe(1);
    channels[0]?.destroy();
    await until(() => session.traffic().openChannels === 0);
  });

  it("fails its connections with the session, and the daemon does not mind that nobody listens", async () => {
    const lost = await serverFor(cleanups);
    const session = await connectTo(cleanups, lost);
    const channels: Duplex[] = [];
    const { bind } = await session.listen({ host: "127.0.0.1", port: 0 }, (channel) => channels.push(channel), neverAborted);
    const sockets = [1, 2].map(() => connectSocket((bind as Address).port, "127.0.0.1").on("error", () => {}));
    cleanups.add(() => sockets.map((socket: Socket) => socket.destroy()));
    await until(() => channels.length === 2);
    const failed = once(channels[0] as Duplex, "error");
    await lost.killSessions();
    expect(await failed).toMatchObject([{ name: "Failure", recovery: "retry" }]);
  });

  it("at a unix socket that is there already is refused, and says what may help", async () => {
    const session = await server.connect();
    const path = join(server.folder, "taken.sock");
    await session.listen({ path }, shout, neverAborted);
    await expect(session.listen({ path }, shout, neverAborted)).rejects.toMatchObject({
      code: "remote-bind-refused",
      message: expect.stringContaining("something listens there already"),
    });
  });
});

/** A service: says in capitals what it hears. */
function shout(stream: Duplex): void {
  const words: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => words.push(chunk));
  stream.on("error", () => {});
  stream.once("end", () => stream.end(Buffer.concat(words).toString().toUpperCase()));
}

function listen(session: SshSession, port: number) {
  return session.listen({ host: "127.0.0.1", port }, shout, neverAborted);
}

async function askAt(endpoint: Endpoint, word: string): Promise<string> {
  const socket = "path" in endpoint ? connectSocket(endpoint.path) : connectSocket(endpoint.port, endpoint.host);
  cleanups.add(() => socket.destroy());
  socket.end(word);
  return text(socket);
}

function refuses(endpoint: Endpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = "path" in endpoint ? connectSocket(endpoint.path) : connectSocket(endpoint.port, endpoint.host);
    socket.once("error", () => resolve(true));
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
  });
}
