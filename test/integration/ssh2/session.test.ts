import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect as connectSocket, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { LoginSpec } from "../../../src/config/tunnel-spec.js";
import { hostPattern } from "../../../src/ssh/host-keys/known-hosts.js";
import type { ConnectContext, SshSession } from "../../../src/ssh/session.js";
import { knownHostsOptions, loginTo, neverAborted } from "../../support/login.js";
import { freePort } from "../../support/sshd.js";
import { codeOfRefusal, sshdKind } from "../../support/test-sshd.js";
import { serverFor, serviceFor, statusThrough, useServer } from "./scene.js";

const hasOpenSsh = sshdKind() === "openssh";
const server = useServer();
const { cleanups, at, connect } = server;

describe("a session", () => {
  it("carries bytes to a service and back", async () => {
    expect(await statusThrough(cleanups, await connect())).toBe("200 OK");
  });

  it(`says ${codeOfRefusal()} for a port where nothing listens, and lives on`, async () => {
    const session = await connect();
    const port = await freePort();
    await expect(session.dial({ host: "127.0.0.1", port }, neverAborted)).rejects.toMatchObject({
      code: codeOfRefusal(),
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
    expect(await statusThrough(cleanups, session)).toBe("200 OK");
  });

  it("says service-unreachable for a name that the server cannot resolve", async () => {
    const session = await connect();
    await expect(session.dial({ host: "no-such-host.invalid", port: 80 }, neverAborted)).rejects.toMatchObject({
      code: "service-unreachable",
    });
  });

  it.skipIf(!hasOpenSsh).each(['command="/bin/false",restrict,port-forwarding', "restrict,port-forwarding", "no-pty"])(
    "forwards with a key that may do no more than %s",
    async (authorizedKeysOptions) => {
      const strict = await serverFor(cleanups, { authorizedKeysOptions });
      const session = await connect(loginTo(strict));
      expect(await statusThrough(cleanups, session)).toBe("200 OK");
      expect(await session.probe(neverAborted)).toBeGreaterThan(0);
    },
  );

  it("answers a probe with the round trip, any number at once", async () => {
    const session = await connect();
    const roundTrips = await Promise.all([1, 2, 3].map(() => session.probe(neverAborted)));
    for (const ms of roundTrips) expect(ms).toBeGreaterThan(0);
    expect(session.traffic().receivedBytes).toBeGreaterThan(0);
  });

  it("lets go of a probe or dial whose signal aborts, and lives on", async () => {
    const session = await connect();
    const reason = new Error("not now");
    await expect(session.probe(AbortSignal.abort(reason))).rejects.toBe(reason);
    await expect(session.dial({ host: "127.0.0.1", port: 1 }, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await statusThrough(cleanups, session)).toBe("200 OK");
  });

  it("closes the channel of a dial that nobody waits for any more", async () => {
    const target = await serviceFor(cleanups);
    const session = await connect();
    const abort = new AbortController();
    const dialling = session.dial({ host: "127.0.0.1", port: target.port }, abort.signal);
    await expect.poll(() => target.sockets.size).toBe(1);
    abort.abort();
    // Either the abort came first, or the channel did, and is then the caller's.
    const channel = await dialling.catch(() => undefined);
    channel?.on("error", () => {}).destroy();
    await expect.poll(() => target.sockets.size).toBe(0);
  });

  it("counts the channels that are open, and forgets one that was destroyed before all of it was read", async () => {
    const target = await serviceFor(cleanups, (socket) => void socket.write("hello"));
    const session = await connect();
    const channel = await session.dial({ host: "127.0.0.1", port: target.port }, neverAborted);
    await once(channel, "readable");
    expect(session.traffic().openChannels).toBe(1);
    channel.destroy();
    await expect.poll(() => session.traffic().openChannels).toBe(0);
  });

  it("tells how much of what was sent the service has not read", async () => {
    const target = await serviceFor(cleanups, (socket) => void socket.pause());
    const session = await connect();
    const channel = await session.dial({ host: "127.0.0.1", port: target.port }, neverAborted);
    channel.write(Buffer.alloc(100_000));
    await expect.poll(() => session.traffic().unconfirmedBytes).toBe(100_000);
    channel.destroy();
    await expect.poll(() => session.traffic().unconfirmedBytes).toBe(0);
  });

  it("ends with a failure that heals when the server dies, and everything that hangs on it fails", async () => {
    const target = await serviceFor(cleanups, (socket) => socket.resume().write("hello"));
    const session = await connect();
    const channel = await session.dial({ host: "127.0.0.1", port: target.port }, neverAborted);
    const heard: string[] = [];
    channel.on("end", () => heard.push("end"));
    channel.on("error", (error: Error) => heard.push(error.name));
    await once(channel, "data");
    expect(await server.sshd.killSessions()).toBeGreaterThan(0);
    expect(await session.ended).toMatchObject({
      recovery: "retry",
      code: expect.stringMatching(/^(peer-closed|connection-reset|server-disconnected)$/),
    });
    await expect.poll(() => heard).toContain("Failure");
    expect(heard[0]).toBe("Failure");
    await expect(session.probe(neverAborted)).rejects.toMatchObject({ code: "session-gone" });
    await expect(session.dial({ host: "127.0.0.1", port: target.port }, neverAborted)).rejects.toMatchObject({ code: "session-gone" });
    session.close();
  });

  it("fails the probe and the dial that are under way when the line is cut", async () => {
    const lines: Socket[] = [];
    const relay = await serviceFor(cleanups, (near) => {
      const far = connectSocket(server.sshd.port, server.sshd.host);
      far.on("error", () => {});
      lines.push(near, far);
      near.pipe(far).pipe(near);
    });
    const known = knownHosts(`${hostPattern("127.0.0.1", relay.port)} ${server.sshd.hostKeyPublic}`);
    const session = await connectToPort(relay.port, {
      target: { ...loginTo(server.sshd).target, port: relay.port },
      options: knownHostsOptions([known]),
    });
    // From here on nothing reaches the server, so nothing can be answered.
    lines[0]?.unpipe().pause();
    const probing = session.probe(neverAborted);
    const dialling = session.dial({ host: "127.0.0.1", port: 1 }, neverAborted);
    const outcomes = Promise.allSettled([probing, dialling]);
    for (const line of lines) line.destroy();
    expect(await session.ended).toMatchObject({ recovery: "retry" });
    expect(await outcomes).toMatchObject([
      { status: "rejected", reason: { code: "session-gone" } },
      { status: "rejected", reason: { code: "session-gone" } },
    ]);
  });

  it("ends as session-gone when it is closed here, and its channels fail", async () => {
    const target = await serviceFor(cleanups);
    const session = await connect();
    const channel = await session.dial({ host: "127.0.0.1", port: target.port }, neverAborted);
    const failed = once(channel, "error");
    session.close();
    expect(await session.ended).toMatchObject({ code: "session-gone" });
    expect(await failed).toMatchObject([{ code: "session-gone" }]);
    await expect.poll(() => target.sockets.size).toBe(0);
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

function knownHosts(...lines: string[]): string {
  const path = at("known_hosts");
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}
