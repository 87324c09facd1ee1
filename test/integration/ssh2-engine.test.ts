import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, chmodSync, readFileSync, writeFileSync } from "node:fs";
import { connect as connectSocket, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { LoginSpec } from "../../src/config/tunnel-spec.js";
import { hostPattern } from "../../src/ssh/host-keys/known-hosts.js";
import { resolveHost } from "../../src/ssh/resolve/resolve-host.js";
import type { SshSession, UnknownHostKey } from "../../src/ssh/session.js";
import { ssh2Engine } from "../../src/ssh/ssh2/engine.js";
import { Cleanups } from "../support/cleanups.js";
import { startHttpService } from "../support/http-service.js";
import { connectBySsh2, connectContext, knownHostsOptions, loginTo, neverAborted } from "../support/login.js";
import { startAgent, type TestAgent } from "../support/ssh-agent.js";
import { freePort } from "../support/sshd.js";
import { startTcpService } from "../support/tcp-service.js";
import { codeOfRefusal, sshdKind, startTestSshd, type TestSshd, type TestSshdOptions } from "../support/test-sshd.js";

const hasOpenSsh = sshdKind() === "openssh";
const hasKeygen = spawnSync("ssh-keygen", ["-?"]).error === undefined && hasOpenSsh;

const cleanups = new Cleanups();
let sshd: TestSshd;
let folder: string;

beforeAll(async () => {
  sshd = await startTestSshd();
});
afterAll(() => sshd.dispose());
beforeEach(() => {
  folder = cleanups.folder();
  // The default key files are looked for in a home that has none.
  vi.stubEnv("HOME", folder);
  vi.stubEnv("USERPROFILE", folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await cleanups.run();
});

describe("a key file", () => {
  it("of type ed25519 logs in", async () => {
    await expectForward(await connect());
  });

  it.skipIf(!hasKeygen).each([
    ["an OpenSSH ed25519 key", ["-t", "ed25519"]],
    ["an OpenSSH ECDSA key", ["-t", "ecdsa"]],
    ["a PEM ECDSA key", ["-t", "ecdsa", "-m", "PEM"]],
    ["an OpenSSH RSA key", ["-t", "rsa", "-b", "2048"]],
    ["a PEM RSA key", ["-t", "rsa", "-b", "2048", "-m", "PEM"]],
  ])("made by ssh-keygen as %s logs in", async (_kind, args) => {
    const path = makeKey("key", args);
    authorize(path);
    await expectForward(await connect({ identities: [path] }));
  });

  it.skipIf(!hasKeygen)("is offered without being named, when it is one that ssh tries of itself", async () => {
    const path = makeKey("id_ed25519");
    authorize(path);
    const login = loginTo(sshd, { identities: [] });
    // Where ssh looks for them, in the home of the system's list of users, no test may write.
    const host = { ...(await resolveHost(login, neverAborted)), identities: [join(folder, "id_rsa"), path] };
    expect(host.hasOwnIdentities).toBe(false);
    const session = await ssh2Engine.connect(host, login, connectContext(), neverAborted);
    cleanups.add(async () => session.close());
    await expectForward(session);
  });

  it("that the server does not accept ends in auth-rejected with its name, after one try", async () => {
    const path = join(folder, "stranger");
    writeStranger(path);
    await expect(connect({ identities: [path] })).rejects.toMatchObject({
      code: "auth-rejected",
      recovery: "needs-user",
      message: expect.stringContaining(path),
    });
  });

  it("may be refused as long as another one is accepted", async () => {
    const path = join(folder, "stranger");
    writeStranger(path);
    await expectForward(await connect({ identities: [path, sshd.clientKeyPath] }));
  });

  it("that is missing, garbage, a public key or a folder ends in identity-unreadable with its name, before the server is asked", async () => {
    const garbage = join(folder, "garbage");
    writeFileSync(garbage, "no key at all\n");
    const truncated = join(folder, "truncated");
    writeFileSync(truncated, readFileSync(sshd.clientKeyPath, "utf8").slice(0, 150));
    for (const path of [join(folder, "missing"), garbage, truncated, `${sshd.clientKeyPath}.pub`, folder]) {
      await expect(connect({ identities: [path] })).rejects.toMatchObject({
        code: "identity-unreadable",
        message: expect.stringContaining(path),
      });
    }
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === "win32")(
    "that this user may not read ends in identity-unreadable",
    async () => {
      const path = join(folder, "key");
      writeFileSync(path, readFileSync(sshd.clientKeyPath));
      chmodSync(path, 0o000);
      await expect(connect({ identities: [path] })).rejects.toMatchObject({ code: "identity-unreadable" });
    },
  );

  it("is needed: with no key and no agent the failure is no-credentials", async () => {
    await expect(connect({ identities: [] })).rejects.toMatchObject({
      code: "no-credentials",
      message: expect.stringContaining("no SSH agent was found"),
    });
  });
});

describe.skipIf(!hasKeygen)("an encrypted key file", () => {
  it.each([
    ["OpenSSH", []],
    ["PEM", ["-t", "rsa", "-b", "2048", "-m", "PEM"]],
  ])("in %s form ends in identity-locked, and the hint names ssh-add and the file", async (_form, args) => {
    const path = makeKey("locked", args, "secret");
    authorize(path);
    await expect(connect({ identities: [path] })).rejects.toMatchObject({
      code: "identity-locked",
      message: expect.stringContaining("no agent has it"),
      hint: expect.stringContaining(`ssh-add ${path}`),
    });
  });

  it("is used through the agent when its public half lies beside it", async () => {
    const agent = await agentIn(folder);
    const path = makeKey("locked");
    authorize(path);
    await agent.add(path);
    execFileSync("ssh-keygen", ["-q", "-p", "-P", "", "-N", "secret", "-f", path], { stdio: "ignore" });
    await expectForward(await connect({ identities: [path] }, { agentSocket: agent.socketPath }));
  });

  it("stays locked when the agent holds only other keys", async () => {
    const agent = await agentIn(folder);
    await agent.add(makeKey("other"));
    const path = makeKey("locked", [], "secret");
    authorize(path);
    await expect(connect({ identities: [path] }, { agentSocket: agent.socketPath })).rejects.toMatchObject({
      code: "identity-locked",
      message: expect.stringContaining("no agent has it"),
    });
  });
});

describe.skipIf(!hasKeygen)("an agent", () => {
  it.each([
    ["ed25519", ["-t", "ed25519"]],
    ["ECDSA", ["-t", "ecdsa"]],
    ["RSA", ["-t", "rsa", "-b", "2048"]],
  ])("logs in with its %s key, without any key file", async (_type, args) => {
    const agent = await agentIn(folder);
    const path = makeKey("key", args);
    authorize(path);
    await agent.add(path);
    await expectForward(await connect({ identities: [] }, { agentSocket: agent.socketPath }));
  });

  it("that holds the key of a named file is asked instead of the file, and the key is offered once", async () => {
    const agent = await agentIn(folder);
    const path = makeKey("both", ["-C", "me@home"]);
    await agent.add(path);
    const failure = await connect({ identities: [path] }, { agentSocket: agent.socketPath }).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: "auth-rejected", message: expect.stringMatching(/refused me@home \(agent\)(;|$)/) });
    expect(failedTriesWith(path)).toBe(1);
  });

  it("offers its keys in turn until one is accepted", async () => {
    const agent = await agentIn(folder);
    for (const name of ["first", "second", "third"]) await agent.add(makeKey(name));
    authorize(join(folder, "third"));
    await expectForward(await connect({ identities: [] }, { agentSocket: agent.socketPath }));
    expect(["first", "second"].map((name) => failedTriesWith(join(folder, name)))).toEqual([1, 1]);
  });

  it("with more keys than the server has patience for ends in auth-rejected", async () => {
    const strict = await started({ extraConfig: ["MaxAuthTries 2"] });
    const agent = await agentIn(folder);
    for (const name of ["a", "b", "c", "d"]) await agent.add(makeKey(name));
    await expect(connect({ ...loginTo(strict), identities: [] }, { agentSocket: agent.socketPath })).rejects.toMatchObject({
      code: "auth-rejected",
      message: expect.stringContaining("too many keys"),
    });
  });

  it("without keys is no-credentials", async () => {
    const agent = await agentIn(folder);
    await expect(connect({ identities: [] }, { agentSocket: agent.socketPath })).rejects.toMatchObject({
      code: "no-credentials",
      message: expect.stringContaining("the SSH agent holds no key"),
    });
  });

  it("that has died is agent-unavailable, and no hindrance when a key file does", async () => {
    const agent = await agentIn(folder);
    await agent.stop();
    await expect(connect({ identities: [] }, { agentSocket: agent.socketPath })).rejects.toMatchObject({
      code: "agent-unavailable",
      message: expect.stringContaining(agent.socketPath),
    });
    await expectForward(await connect({}, { agentSocket: agent.socketPath }));
  });
});

describe("the server's host key", () => {
  it("that known_hosts does not have is told with the fingerprint that ssh-keygen prints, and not accepted", async () => {
    const asked: UnknownHostKey[] = [];
    const connecting = connect(
      { options: knownHostsOptions([join(folder, "none")]) },
      {
        onUnknownHostKey: (key) => asked.push(key),
      },
    );
    await expect(connecting).rejects.toMatchObject({ code: "host-key-unknown" });
    const [keyType, keyBase64] = sshd.hostKeyPublic.split(" ");
    expect(asked).toMatchObject([{ hostPattern: pattern(), keyType, keyBase64, fingerprint: expect.stringMatching(/^SHA256:/) }]);
    expect(asked[0]).toMatchObject({ knownHostsFile: join(folder, "none"), isHashed: false });
    if (hasKeygen) expect(asked[0]?.fingerprint).toBe(fingerprint(sshd.hostKeyPath));
  });

  it("is accepted once it is written there", async () => {
    const path = knownHosts(`${pattern()} ${sshd.hostKeyPublic}`);
    await expectForward(await connect({ options: knownHostsOptions([join(folder, "none"), path]) }));
    await expectForward(await connect({ options: knownHostsOptions([], [path]) }));
  });

  it("that differs from the known one is refused with file and line, and asks nobody", async () => {
    const other = await started();
    const path = knownHosts("# a comment", `${pattern()} ${other.hostKeyPublic}`);
    const onUnknownHostKey = vi.fn();
    await expect(connect({ options: knownHostsOptions([path]) }, { onUnknownHostKey })).rejects.toMatchObject({
      code: "host-key-changed",
      recovery: "needs-user",
      message: expect.stringContaining(`${path}:2`),
    });
    expect(onUnknownHostKey).not.toHaveBeenCalled();
  });

  it("that changes between two connects is refused the second time", async () => {
    const changing = await started();
    (await connect(loginTo(changing))).close();
    await changing.replaceHostKey();
    await expect(connect(loginTo(changing))).rejects.toMatchObject({ code: "host-key-changed" });
  });

  it("that is @revoked is refused although another line has it", async () => {
    const path = knownHosts(`${pattern()} ${sshd.hostKeyPublic}`, `@revoked * ${sshd.hostKeyPublic}`);
    await expect(connect({ options: knownHostsOptions([path]) })).rejects.toMatchObject({
      code: "host-key-revoked",
      message: expect.stringContaining(`${path}:2`),
    });
  });

  it("that only a @cert-authority vouches for is refused as such", async () => {
    const path = knownHosts(`@cert-authority * ${sshd.hostKeyPublic}`);
    const onUnknownHostKey = vi.fn();
    await expect(connect({ options: knownHostsOptions([path]) }, { onUnknownHostKey })).rejects.toMatchObject({
      code: "host-key-needs-authority",
    });
    expect(onUnknownHostKey).not.toHaveBeenCalled();
  });

  it.skipIf(!hasKeygen)("is found under its hashed name", async () => {
    const path = knownHosts(`${pattern()} ${sshd.hostKeyPublic}`);
    execFileSync("ssh-keygen", ["-H", "-f", path], { stdio: "ignore" });
    expect(readFileSync(path, "utf8")).toMatch(/^\|1\|/);
    await expectForward(await connect({ options: knownHostsOptions([path]) }));
  });

  it.skipIf(!hasOpenSsh).each(["rsa", "ecdsa"])(
    "is asked for in the type that is known, here %s, when the server has several",
    async (type) => {
      const path = makeKey("host", ["-t", type]);
      const several = await started({ extraConfig: [`HostKey "${path}"`] });
      const [keyType, key] = readFileSync(`${path}.pub`, "utf8").split(" ");
      const known = knownHosts(`${pattern(several)} ${keyType} ${key}`);
      await expectForward(await connect({ ...loginTo(several), options: knownHostsOptions([known]) }));
    },
  );

  it("is not looked at when known_hosts cannot be read", async () => {
    await expect(connect({ options: knownHostsOptions([folder]) })).rejects.toMatchObject({ code: "known-hosts-unreadable" });
  });
});

describe("the way to the server", () => {
  it("is connection-refused where nothing listens", async () => {
    await expect(connectTo(await freePort())).rejects.toMatchObject({ code: "connection-refused", recovery: "retry" });
  });

  it("is host-unresolved for a name that no one has", async () => {
    const target = { user: "me", host: "no-such-host.invalid", port: 22 };
    await expect(connect({ target })).rejects.toMatchObject({ code: "host-unresolved", recovery: "retry" });
  });

  it("is handshake-timeout when the port accepts and never speaks, and the socket is closed", async () => {
    const mute = await service();
    await expect(connectTo(mute.port, { connectTimeoutMs: 300 })).rejects.toMatchObject({ code: "handshake-timeout", recovery: "retry" });
    await expect.poll(() => mute.sockets.size).toBe(0);
  });

  it("is handshake-timeout, too, when the server stops speaking in the middle", async () => {
    const half = await service((socket) => socket.resume().write("SSH-2.0-Half\r\n"));
    await expect(connectTo(half.port, { connectTimeoutMs: 300 })).rejects.toMatchObject({ code: "handshake-timeout" });
  });

  it("is handshake-lost when the connection is closed at once", async () => {
    const closing = await service((socket) => socket.end());
    await expect(connectTo(closing.port)).rejects.toMatchObject({ code: "handshake-lost", recovery: "retry" });
  });

  it("is handshake-lost when the connection is closed after the greeting", async () => {
    const closing = await service((socket) => socket.end("SSH-2.0-Closing\r\n"));
    await expect(connectTo(closing.port)).rejects.toMatchObject({ code: "handshake-lost", recovery: "retry" });
  });

  it("is a failure that heals when the connection is reset at once", async () => {
    const resetting = await service((socket) => socket.resetAndDestroy());
    await expect(connectTo(resetting.port)).rejects.toMatchObject({
      code: expect.stringMatching(/^(connection-reset|handshake-lost)$/),
      recovery: "retry",
    });
  });

  it.each(["end", "resetAndDestroy"] as const)(
    "is a failure that heals when the server leaves (%s) while the agent is still being asked",
    async (leave) => {
      const server = await service();
      const agentSocket = join(folder, "slow-agent");
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
      await expect(connectTo(server.port, { connectTimeoutMs: 2_000 }, { agentSocket })).rejects.toMatchObject({
        code: expect.stringMatching(/^(connection-reset|handshake-lost)$/),
        recovery: "retry",
      });
    },
  );

  it("is not-ssh when an HTTP server answers", async () => {
    const http = await startHttpService();
    cleanups.add(() => http.close());
    await expect(connectTo(http.port)).rejects.toMatchObject({ code: "not-ssh", recovery: "retry" });
  });

  it.each(["Exceeded MaxStartups", "Not allowed at this time"])("is handshake-lost when sshd says %s", async (refusal) => {
    const busy = await service((socket) => socket.resume().end(`${refusal}\r\n`));
    await expect(connectTo(busy.port)).rejects.toMatchObject({ code: "handshake-lost", message: expect.stringContaining(refusal) });
  });

  it("is handshake-lost when the server breaks off in the middle of its greeting", async () => {
    const broken = await service((socket) => socket.resume().end("SSH-2.0-Open"));
    await expect(connectTo(broken.port)).rejects.toMatchObject({ code: "handshake-lost" });
  });

  it("is not-ssh when something greets in another language", async () => {
    const smtp = await service((socket) => socket.resume().write("220 mail.example.com ESMTP\r\n".repeat(3_000)));
    await expect(connectTo(smtp.port, { connectTimeoutMs: 2_000 })).rejects.toMatchObject({ code: "not-ssh" });
  });

  it("leaves no socket behind when nobody wants it any more", async () => {
    const mute = await service();
    const abort = new AbortController();
    const connecting = connectTo(mute.port, {}, {}, abort.signal);
    await expect.poll(() => mute.sockets.size).toBe(1);
    abort.abort();
    await expect(connecting).rejects.toBeInstanceOf(Error);
    await expect.poll(() => mute.sockets.size).toBe(0);
  });

  it("is not even tried with a signal that is aborted already", async () => {
    const mute = await service();
    await expect(connectTo(mute.port, {}, {}, AbortSignal.abort())).rejects.toBeInstanceOf(Error);
    await expect.poll(() => mute.sockets.size).toBe(0);
  });

  it("leaves no socket behind when the agent hangs and nobody wants it any more", async () => {
    const server = await service();
    const agentSocket = join(folder, "hung-agent");
    const agent = await startTcpService(undefined, { unixSocket: agentSocket });
    cleanups.add(() => agent.close());
    const abort = new AbortController();
    const connecting = connectTo(server.port, {}, { agentSocket }, abort.signal);
    await expect.poll(() => [agent.sockets.size, server.sockets.size]).toEqual([1, 1]);
    abort.abort();
    await expect(connecting).rejects.toBeInstanceOf(Error);
    await expect.poll(() => [agent.sockets.size, server.sockets.size]).toEqual([0, 0]);
  });
});

describe("a session", () => {
  it("carries bytes to a service and back", async () => {
    await expectForward(await connect());
  });

  it(`says ${codeOfRefusal()} for a port where nothing listens, and lives on`, async () => {
    const session = await connect();
    const port = await freePort();
    await expect(session.dial({ host: "127.0.0.1", port }, neverAborted)).rejects.toMatchObject({
      code: codeOfRefusal(),
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
    await expectForward(session);
  });

  it("says service-unreachable for a name that the server cannot resolve", async () => {
    const session = await connect();
    await expect(session.dial({ host: "no-such-host.invalid", port: 80 }, neverAborted)).rejects.toMatchObject({
      code: "service-unreachable",
    });
  });

  it.skipIf(!hasOpenSsh)("says forwarding-prohibited where the server allows no forward", async () => {
    const strict = await started({ extraConfig: ["AllowTcpForwarding no"] });
    const session = await connect(loginTo(strict));
    await expect(session.dial({ host: "127.0.0.1", port: 1 }, neverAborted)).rejects.toMatchObject({
      code: "forwarding-prohibited",
      recovery: "needs-user",
    });
  });

  it.skipIf(!hasOpenSsh)("says forwarding-prohibited for what permitopen does not name, and reaches what it names", async () => {
    const http = await startHttpService();
    cleanups.add(() => http.close());
    const strict = await started({ authorizedKeysOptions: `permitopen="127.0.0.1:${http.port}"` });
    const session = await connect(loginTo(strict));
    await expect(session.dial({ host: "localhost", port: http.port }, neverAborted)).rejects.toMatchObject({
      code: "forwarding-prohibited",
    });
    expect(await get(session, http.port)).toContain("ok");
  });

  it.skipIf(!hasOpenSsh).each(['command="/bin/false",restrict,port-forwarding', "restrict,port-forwarding", "no-pty"])(
    "forwards with a key that may do no more than %s",
    async (authorizedKeysOptions) => {
      const strict = await started({ authorizedKeysOptions });
      const session = await connect(loginTo(strict));
      await expectForward(session);
      expect(await session.probe(neverAborted)).toBeGreaterThan(0);
    },
  );

  it.skipIf(!hasOpenSsh)("forwards where the server opens no session channel at all", async () => {
    const strict = await started({ extraConfig: ["MaxSessions 0"] });
    await expectForward(await connect(loginTo(strict)));
  });

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
    await expectForward(session);
  });

  it("closes the channel of a dial that nobody waits for any more", async () => {
    const target = await service();
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
    const target = await service((socket) => void socket.write("hello"));
    const session = await connect();
    const channel = await session.dial({ host: "127.0.0.1", port: target.port }, neverAborted);
    await once(channel, "readable");
    expect(session.traffic().openChannels).toBe(1);
    channel.destroy();
    await expect.poll(() => session.traffic().openChannels).toBe(0);
  });

  it("tells how much of what was sent the service has not read", async () => {
    const target = await service((socket) => void socket.pause());
    const session = await connect();
    const channel = await session.dial({ host: "127.0.0.1", port: target.port }, neverAborted);
    channel.write(Buffer.alloc(100_000));
    await expect.poll(() => session.traffic().unconfirmedBytes).toBe(100_000);
    channel.destroy();
    await expect.poll(() => session.traffic().unconfirmedBytes).toBe(0);
  });

  it("ends with a failure that heals when the server dies, and everything that hangs on it fails", async () => {
    const target = await service((socket) => socket.resume().write("hello"));
    const session = await connect();
    const channel = await session.dial({ host: "127.0.0.1", port: target.port }, neverAborted);
    const heard: string[] = [];
    channel.on("end", () => heard.push("end"));
    channel.on("error", (error: Error) => heard.push(error.name));
    await once(channel, "data");
    expect(await sshd.killSessions()).toBeGreaterThan(0);
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
    const relay = await service((near) => {
      const far = connectSocket(sshd.port, sshd.host);
      far.on("error", () => {});
      lines.push(near, far);
      near.pipe(far).pipe(near);
    });
    const known = knownHosts(`${hostPattern("127.0.0.1", relay.port)} ${sshd.hostKeyPublic}`);
    const session = await connectTo(relay.port, {
      target: { ...loginTo(sshd).target, port: relay.port },
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
    const target = await service();
    const session = await connect();
    const channel = await session.dial({ host: "127.0.0.1", port: target.port }, neverAborted);
    const failed = once(channel, "error");
    session.close();
    expect(await session.ended).toMatchObject({ code: "session-gone" });
    expect(await failed).toMatchObject([{ code: "session-gone" }]);
    await expect.poll(() => target.sockets.size).toBe(0);
  });
});

async function connect(
  changes: Partial<LoginSpec> = {},
  context: Parameters<typeof connectContext>[0] = {},
  signal = neverAborted,
): Promise<SshSession> {
  const session = await connectBySsh2(loginTo(sshd, changes), connectContext(context), signal);
  cleanups.add(async () => {
    session.close();
    await session.ended;
  });
  return session;
}

function connectTo(
  port: number,
  changes: Partial<LoginSpec> = {},
  context: Parameters<typeof connectContext>[0] = {},
  signal = neverAborted,
): Promise<SshSession> {
  return connect({ target: { user: "me", host: "127.0.0.1", port }, ...changes }, context, signal);
}

/** The session is a session: a real service behind it answers. */
async function expectForward(session: SshSession): Promise<void> {
  const http = await startHttpService();
  cleanups.add(() => http.close());
  expect(await get(session, http.port)).toContain("ok");
}

async function get(session: SshSession, port: number): Promise<string> {
  const channel = await session.dial({ host: "127.0.0.1", port }, neverAborted);
  channel.end("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const chunks: Buffer[] = [];
  channel.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(channel, "end");
  return Buffer.concat(chunks).toString();
}

async function service(onSocket?: Parameters<typeof startTcpService>[0]) {
  const started = await startTcpService(onSocket);
  cleanups.add(() => started.close());
  return started;
}

async function started(options?: TestSshdOptions): Promise<TestSshd> {
  const server = await startTestSshd(options);
  cleanups.add(() => server.dispose());
  return server;
}

async function agentIn(dir: string): Promise<TestAgent> {
  const agent = await startAgent(join(dir, "agent"));
  cleanups.add(() => agent.stop());
  return agent;
}

function makeKey(name: string, args: readonly string[] = [], passphrase = ""): string {
  const path = join(folder, name);
  const type = args.includes("-t") ? [] : ["-t", "ed25519"];
  execFileSync("ssh-keygen", ["-q", ...type, ...args, "-N", passphrase, "-f", path]);
  return path;
}

/** A key without ssh-keygen: the host key of another server is a stranger everywhere. */
function writeStranger(path: string): void {
  writeFileSync(path, readFileSync(sshd.hostKeyPath), { mode: 0o600 });
}

function authorize(keyPath: string): void {
  appendFileSync(join(sshd.dir, "authorized_keys"), readFileSync(`${keyPath}.pub`));
}

function fingerprint(keyPath: string): string {
  return execFileSync("ssh-keygen", ["-lf", `${keyPath}.pub`], { encoding: "utf8" }).split(" ")[1] ?? "";
}

/** sshd logs each key it refuses with its fingerprint. */
function failedTriesWith(keyPath: string): number {
  return sshd
    .log()
    .split(`Failed publickey`)
    .filter((line) => line.split("\n")[0]?.includes(fingerprint(keyPath))).length;
}

function pattern(server: TestSshd = sshd): string {
  return hostPattern(server.host, server.port);
}

function knownHosts(...lines: string[]): string {
  const path = join(folder, "known_hosts");
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}
