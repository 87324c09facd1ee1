import { describe, expect, it } from "vitest";
import type { LoginSpec } from "../../../src/config/tunnel-spec.js";
import type { ConnectContext, SshSession } from "../../../src/ssh/session.js";
import { startHttpService } from "../../support/http-service.js";
import { neverAborted } from "../../support/login.js";
import { freePort } from "../../support/sshd.js";
import { startTcpService } from "../../support/tcp-service.js";
import { serviceFor, useServer } from "./scene.js";

const server = useServer();
const { cleanups, at, connect } = server;

describe("the way to the server", () => {
  it("is connection-refused where nothing listens", async () => {
    await expect(connectToPort(await freePort())).rejects.toMatchObject({ code: "connection-refused", recovery: "retry" });
  });

  it("is host-unresolved for a name that no one has", async () => {
    const target = { user: "me", host: "no-such-host.invalid", port: 22 };
    await expect(connect({ target })).rejects.toMatchObject({ code: "host-unresolved", recovery: "retry" });
  });

  it("is handshake-timeout when the port accepts and never speaks, and the socket is closed", async () => {
    const mute = await serviceFor(cleanups);
    await expect(connectToPort(mute.port, { connectTimeoutMs: 300 })).rejects.toMatchObject({
      code: "handshake-timeout",
      recovery: "retry",
    });
    await expect.poll(() => mute.sockets.size).toBe(0);
  });

  it("is handshake-timeout, too, when the server stops speaking in the middle", async () => {
    const half = await serviceFor(cleanups, (socket) => socket.resume().write("SSH-2.0-Half\r\n"));
    await expect(connectToPort(half.port, { connectTimeoutMs: 300 })).rejects.toMatchObject({ code: "handshake-timeout" });
  });

  it("is handshake-lost when the connection is closed at once", async () => {
    const closing = await serviceFor(cleanups, (socket) => socket.end());
    await expect(connectToPort(closing.port)).rejects.toMatchObject({ code: "handshake-lost", recovery: "retry" });
  });

  it("is handshake-lost when the connection is closed after the greeting", async () => {
    const closing = await serviceFor(cleanups, (socket) => socket.end("SSH-2.0-Closing\r\n"));
    await expect(connectToPort(closing.port)).rejects.toMatchObject({ code: "handshake-lost", recovery: "retry" });
  });

  it("is a failure that heals when the connection is reset at once", async () => {
    const resetting = await serviceFor(cleanups, (socket) => socket.resetAndDestroy());
    await expect(connectToPort(resetting.port)).rejects.toMatchObject({
      code: expect.stringMatching(/^(connection-reset|handshake-lost)$/),
      recovery: "retry",
    });
  });

  it.each(["end", "resetAndDestroy"] as const)(
    "is a failure that heals when the server leaves (%s) while the agent is still being asked",
    async (leave) => {
      const server = await serviceFor(cleanups);
      const agentSocket = at("slow-agent");
      const agent = await startTcpService(
        async (asking) => {
          while (server.sockets.size === 0) await new Promise((resolve) => setImmediate(resolve));
          const [peer] = server.sockets;
          peer?.[leave]();
          // The other side has heard of it before the agent answers that it has no key.
          await new Promise((resolve) => setTimeout(resolve, 100));
          asking.write(Buffer.from([0, 0, 0, 5, 12, 0, 0, 0, 0]));
        },
        { unixSocket: agentSocket },
      );
      cleanups.add(() => agent.close());
      await expect(connectToPort(server.port, { connectTimeoutMs: 2_000 }, { agentSocket })).rejects.toMatchObject({
        code: expect.stringMatching(/^(connection-reset|handshake-lost)$/),
        recovery: "retry",
      });
    },
  );

  it("is not-ssh when an HTTP server answers", async () => {
    const http = await startHttpService();
    cleanups.add(() => http.close());
    await expect(connectToPort(http.port)).rejects.toMatchObject({ code: "not-ssh", recovery: "retry" });
  });

  it.each(["Exceeded MaxStartups", "Not allowed at this time"])("is handshake-lost when sshd says %s", async (refusal) => {
    const busy = await serviceFor(cleanups, (socket) => socket.resume().end(`${refusal}\r\n`));
    await expect(connectToPort(busy.port)).rejects.toMatchObject({ code: "handshake-lost", message: expect.stringContaining(refusal) });
  });

  it("is handshake-lost when the server breaks off in the middle of its greeting", async () => {
    const broken = await serviceFor(cleanups, (socket) => socket.resume().end("SSH-2.0-Open"));
    await expect(connectToPort(broken.port)).rejects.toMatchObject({ code: "handshake-lost" });
  });

  it("is not-ssh when something greets in another language", async () => {
    const smtp = await serviceFor(cleanups, (socket) => socket.resume().write("220 mail.example.com ESMTP\r\n".repeat(3_000)));
    await expect(connectToPort(smtp.port, { connectTimeoutMs: 2_000 })).rejects.toMatchObject({ code: "not-ssh" });
  });

  it("leaves no socket behind when nobody wants it any more", async () => {
    const mute = await serviceFor(cleanups);
    const abort = new AbortController();
    const connecting = connectToPort(mute.port, {}, {}, abort.signal);
    await expect.poll(() => mute.sockets.size).toBe(1);
    abort.abort();
    await expect(connecting).rejects.toBeInstanceOf(Error);
    await expect.poll(() => mute.sockets.size).toBe(0);
  });

  it("is not even tried with a signal that is aborted already", async () => {
    const mute = await serviceFor(cleanups);
    await expect(connectToPort(mute.port, {}, {}, AbortSignal.abort())).rejects.toBeInstanceOf(Error);
    await expect.poll(() => mute.sockets.size).toBe(0);
  });

  it("leaves no socket behind when the agent hangs and nobody wants it any more", async () => {
    const server = await serviceFor(cleanups);
    const agentSocket = at("hung-agent");
    const agent = await startTcpService(undefined, { unixSocket: agentSocket });
    cleanups.add(() => agent.close());
    const abort = new AbortController();
    const connecting = connectToPort(server.port, {}, { agentSocket }, abort.signal);
    await expect.poll(() => [agent.sockets.size, server.sockets.size]).toEqual([1, 1]);
    abort.abort();
    await expect(connecting).rejects.toBeInstanceOf(Error);
    await expect.poll(() => [agent.sockets.size, server.sockets.size]).toEqual([0, 0]);
  });
});

function connectToPort(
  port: number,
  changes: Partial<LoginSpec> = {},
  context: Partial<ConnectContext> = {},
  signal = neverAborted,
): Promise<SshSession> {
  return connect({ target: { user: "me", host: "127.0.0.1", port }, ...changes }, context, signal);
}
