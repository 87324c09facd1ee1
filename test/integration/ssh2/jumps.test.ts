import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Cleanups } from "../../support/cleanups.js";
import { neverAborted } from "../../support/login.js";
import { hasSsh } from "../../support/ssh-client.js";
import { freePort } from "../../support/sshd.js";
import { startTcpService } from "../../support/tcp-service.js";
import { sshdKind, startTestSshd, type TestSshd } from "../../support/test-sshd.js";
import { until } from "../../support/until.js";
import { aliasLogin, authorize, connectAlias, makeKey, patternOf, personWho, quickKdf, statusThrough, writeConfig } from "./scene.js";

const cleanups = new Cleanups();
let first: TestSshd;
let second: TestSshd;
let target: TestSshd;
let folder: string;
const at = (name: string) => join(folder, name);

describe.skipIf(sshdKind() !== "openssh" || !hasSsh)("through jump hosts", () => {
  beforeAll(async () => {
    [first, second, target] = await Promise.all([startTestSshd(), startTestSshd(), startTestSshd()]);
  });
  afterAll(() => Promise.all([first, second, target].map((sshd) => sshd.dispose())));
  beforeEach(() => {
    folder = cleanups.folder();
  });
  afterEach(async () => {
    await cleanups.run();
    await until(() => [first, second, target].every((sshd) => sshd.countSessions() === 0));
  });

  const twoHops = (lines: readonly string[] = ["ProxyJump first,second"]) =>
    writeConfig(at("config"), [
      { alias: "first", sshd: first },
      { alias: "second", sshd: second },
      { alias: "target", sshd: target, lines },
    ]);

  it("takes the first hop's own way, and not the later ones'", async () => {
    const config = writeConfig(at("config"), [
      { alias: "first", sshd: first },
      { alias: "second", sshd: second, lines: ["ProxyJump first"] },
      { alias: "target", sshd: target, lines: ["ProxyJump second"] },
    ]);
    await connectAlias(cleanups, aliasLogin("target", config));
    expect([first, second, target].map((sshd) => sshd.countSessions())).toEqual([1, 1, 1]);
  });

  it("counts the bytes that went to and fro as with a socket", async () => {
    const sink = await startTcpService((socket) => void socket.pause());
    cleanups.add(() => sink.close());
    const session = await connectAlias(cleanups, aliasLogin("target", twoHops()));
    const before = session.traffic();
    const channel = await session.dial({ host: "127.0.0.1", port: sink.port }, neverAborted);
    channel.write(Buffer.alloc(100_000));
    await expect.poll(() => session.traffic().sentBytes - before.sentBytes).toBeGreaterThan(100_000);
    expect(session.traffic()).toMatchObject({ unsentBytes: 0, openChannels: 1 });
    expect(session.traffic().receivedBytes).toBeGreaterThan(before.receivedBytes);
    channel.destroy();
  });

  it("carries a lot both ways without losing a byte", async () => {
    const echo = await startTcpService((socket) => void socket.pipe(socket), { allowHalfOpen: true });
    cleanups.add(() => echo.close());
    const session = await connectAlias(cleanups, aliasLogin("target", twoHops()));
    const channel = await session.dial({ host: "127.0.0.1", port: echo.port }, neverAborted);
    const sent = Buffer.alloc(8 * 1024 * 1024, "0123456789abcdef");
    channel.end(sent);
    const received: Buffer[] = [];
    for await (const chunk of channel) received.push(chunk as Buffer);
    expect(Buffer.concat(received).equals(sent)).toBe(true);
  });

  it("is closed with the session, hop by hop", async () => {
    const session = await connectAlias(cleanups, aliasLogin("target", twoHops()));
    session.close();
    expect(await session.ended).toMatchObject({ code: "session-gone" });
    await until(() => [first, second, target].every((sshd) => sshd.countSessions() === 0));
  });

  it.each(["first", "second"] as const)("loses the session with the %s hop, and says so", async (which) => {
    const session = await connectAlias(cleanups, aliasLogin("target", twoHops()));
    const hop = which === "first" ? first : second;
    await hop.killSessions();
    expect(await session.ended).toMatchObject({
      recovery: "retry",
      message: expect.stringContaining(`at the jump host ${hop.user}@127.0.0.1:${hop.port}`),
    });
  });

  it("loses it with the target itself as without hops, and lets go of the hops", async () => {
    const session = await connectAlias(cleanups, aliasLogin("target", twoHops()));
    await target.killSessions();
    const failure = await session.ended;
    expect(failure).toMatchObject({ recovery: "retry", message: expect.not.stringContaining("jump host") });
    await until(() => first.countSessions() + second.countSessions() === 0);
  });

  describe("a hop that is in the way", () => {
    it("because it is not there is named", async () => {
      const config = writeConfig(at("config"), [
        { alias: "first", sshd: { ...first, port: await freePort() } },
        { alias: "target", sshd: target, lines: ["ProxyJump first"] },
      ]);
      await expect(connectAlias(cleanups, aliasLogin("target", config))).rejects.toMatchObject({
        code: "connection-refused",
        message: expect.stringContaining("at the jump host"),
      });
    });

    it("because it refuses the key is named, and the target is not asked", async () => {
      const config = writeConfig(at("config"), [
        { alias: "first", sshd: { ...first, clientKeyPath: makeKey(at("stranger")) } },
        { alias: "target", sshd: target, lines: ["ProxyJump first"] },
      ]);
      await expect(connectAlias(cleanups, aliasLogin("target", config))).rejects.toMatchObject({
        code: "auth-rejected",
        message: expect.stringMatching(`^at the jump host ${first.user}@127.0.0.1:${first.port}: .*refused ${at("stranger")}`),
      });
      expect(target.countSessions()).toBe(0);
    });

    it("because its host key is unknown is named, and it is that key which may be accepted", async () => {
      writeFileSync(at("empty"), "");
      const config = writeConfig(at("config"), [
        { alias: "first", sshd: { ...first, knownHostsPath: at("empty") } },
        { alias: "target", sshd: target, lines: ["ProxyJump first"] },
      ]);
      const asked: string[] = [];
      const onUnknownHostKey = (key: { hostPattern: string }) => void asked.push(key.hostPattern);
      await expect(connectAlias(cleanups, aliasLogin("target", config), { onUnknownHostKey })).rejects.toMatchObject({
        code: "host-key-unknown",
        message: expect.stringContaining("at the jump host"),
      });
      expect(asked).toEqual([patternOf(first)]);
    });

    it("because it cannot reach the next is named with that", async () => {
      const away = await freePort();
      const config = writeConfig(at("config"), [
        { alias: "first", sshd: first },
        { alias: "target", sshd: { ...target, port: away }, lines: ["ProxyJump first"] },
      ]);
      await expect(connectAlias(cleanups, aliasLogin("target", config))).rejects.toMatchObject({
        code: "jump-failed",
        recovery: "retry",
        message: expect.stringMatching(`jump host .*:${first.port} cannot reach .*:${away}`),
      });
    });

    it("because it forwards nothing is named", async () => {
      const strict = await startTestSshd({ extraConfig: ["AllowTcpForwarding no"] });
      cleanups.add(() => strict.dispose());
      const config = writeConfig(at("config"), [
        { alias: "first", sshd: strict },
        { alias: "target", sshd: target, lines: ["ProxyJump first"] },
      ]);
      await expect(connectAlias(cleanups, aliasLogin("target", config))).rejects.toMatchObject({
        code: "forwarding-prohibited",
        message: expect.stringContaining("at the jump host"),
      });
    });
  });

  it("asks for the passphrase of each hop's key", async () => {
    const locked = makeKey(at("locked"), quickKdf, "secret");
    authorize(first, locked);
    const config = writeConfig(at("config"), [
      { alias: "first", sshd: { ...first, clientKeyPath: locked } },
      { alias: "target", sshd: target, lines: ["ProxyJump first"] },
    ]);
    const person = personWho("secret");
    expect(await statusThrough(cleanups, await connectAlias(cleanups, aliasLogin("target", config), { person }))).toBe("200 OK");
    expect(person.questions).toMatchObject([{ kind: "passphrase", subject: locked }]);
  });

  it("leaves nothing behind when nobody wants it any more", async () => {
    const mute = await startTcpService();
    cleanups.add(() => mute.close());
    const config = writeConfig(at("config"), [
      { alias: "first", sshd: first },
      { alias: "target", sshd: { ...target, port: mute.port }, lines: ["ProxyJump first"] },
    ]);
    const abort = new AbortController();
    const connecting = connectAlias(cleanups, aliasLogin("target", config), {}, abort.signal);
    await until(() => mute.sockets.size === 1);
    abort.abort();
    await expect(connecting).rejects.toBeInstanceOf(Error);
    await until(() => first.countSessions() === 0 && mute.sockets.size === 0);
  });

  it("gives the far side the time of the connect, and then says that it is silent", async () => {
    const mute = await startTcpService();
    cleanups.add(() => mute.close());
    const config = writeConfig(at("config"), [
      { alias: "first", sshd: first },
      { alias: "target", sshd: { ...target, port: mute.port }, lines: ["ProxyJump first"] },
    ]);
    await expect(connectAlias(cleanups, aliasLogin("target", config, { connectTimeoutMs: 1_000 }))).rejects.toMatchObject({
      code: "handshake-timeout",
    });
  });
});
