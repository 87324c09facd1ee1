import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { acceptanceOf, type UnknownHostKey } from "../../../src/ssh/session.js";
import { neverAborted } from "../../support/login.js";
import { freePort } from "../../support/sshd.js";
import type { TestSshd } from "../../support/test-sshd.js";
import { exchange, hasOpenSsh, localhost, noTerminal, Scene } from "./scene.js";

const scene = new Scene();
afterEach(scene.cleanups.run);

function encryptedKey(sshd: TestSshd, passphrase: string): string {
  const path = join(scene.cleanups.folder(), "key");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-f", path]);
  writeFileSync(join(sshd.dir, "authorized_keys"), readFileSync(`${path}.pub`), { flag: "a" });
  return path;
}

describe.skipIf(!hasOpenSsh)("a host key that is not known", () => {
  it("is shown, and once it is accepted ssh writes it down and logs in", async () => {
    const sshd = await scene.sshd();
    const knownHosts = join(scene.cleanups.folder(), "known_hosts");
    const options = [`UserKnownHostsFile=${knownHosts}`, "GlobalKnownHostsFile=none", "HashKnownHosts=no"];
    const shown: UnknownHostKey[] = [];
    const refused = scene.connect(sshd, { options }, { onUnknownHostKey: (key) => shown.push(key) });
    await expect(refused).rejects.toMatchObject({ code: "host-key-unknown" });
    expect(shown).toMatchObject([
      { hostPattern: `[127.0.0.1]:${sshd.port}`, keyType: "ssh-ed25519", keyBase64: null, knownHostsFile: knownHosts },
    ]);
    expect(existsSync(knownHosts)).toBe(false);

    const accepted = new Set(shown.map(acceptanceOf));
    await scene.connect(sshd, { options }, { acceptedHostKeys: accepted });
    expect(readFileSync(knownHosts, "utf8")).toContain(sshd.hostKeyPublic);
  });

  it("is not the key of this host because it was accepted of another", async () => {
    const sshd = await scene.sshd();
    const options = [`UserKnownHostsFile=${join(scene.cleanups.folder(), "known_hosts")}`, "GlobalKnownHostsFile=none"];
    const shown: UnknownHostKey[] = [];
    const onUnknownHostKey = (key: UnknownHostKey) => void shown.push(key);
    await scene.connect(sshd, { options }, { onUnknownHostKey }).catch(() => {});
    const ofAnother = new Set(shown.map((key) => acceptanceOf({ ...key, hostPattern: "jump" })));
    const connecting = scene.connect(sshd, { options }, { acceptedHostKeys: ofAnother, onUnknownHostKey });
    await expect(connecting).rejects.toMatchObject({ code: "host-key-unknown" });
    expect(shown).toHaveLength(2);
  });
});

describe.skipIf(!hasOpenSsh)("without node-pty", () => {
  it("a log-in that asks nothing works as ever", async () => {
    const sshd = await scene.sshd();
    const engine = scene.engine(scene.folders(), noTerminal);
    const session = await scene.connect(sshd, {}, {}, { engine });
    const { port } = await scene.service((socket) => void socket.pipe(socket), { allowHalfOpen: true });
    expect((await exchange(await session.dial(localhost(port), neverAborted), "no terminal")).toString()).toBe("no terminal");
    await sshd.killSessions();
    expect(await session.ended).toMatchObject({ code: "peer-closed" });
  });

  it("a key with a passphrase needs an answer, and it is said why none can be asked for", async () => {
    const sshd = await scene.sshd();
    const engine = scene.engine(scene.folders(), noTerminal);
    await expect(scene.connect(sshd, { identities: [encryptedKey(sshd, "secret")] }, {}, { engine })).rejects.toMatchObject({
      code: "needs-answer",
      message: expect.stringContaining("node-pty is missing"),
    });
  });
});

describe.skipIf(!hasOpenSsh)("an ssh_config that is made for terminals", () => {
  it("neither sends ssh away, nor opens its own forwards, nor runs its commands, nor asks", async () => {
    const sshd = await scene.sshd();
    const folder = scene.cleanups.folder();
    const [ownForward, configFile, touched] = [await freePort(), join(folder, "config"), join(folder, "touched")];
    const lines = [
      "ControlMaster auto",
      `ControlPath ${folder}/%C`,
      "ControlPersist yes",
      "ForkAfterAuthentication yes",
      `LocalForward ${ownForward} localhost:1`,
      "PermitLocalCommand yes",
      `LocalCommand touch ${touched}`,
      `RemoteCommand touch ${touched}`,
      "RequestTTY force",
      "ForwardAgent yes",
      "UpdateHostKeys ask",
      "VisualHostKey yes",
      "LogLevel QUIET",
      "ConnectTimeout 1",
      `UserKnownHostsFile ${sshd.knownHostsPath}`,
    ];
    writeFileSync(configFile, `Host *\n${lines.map((line) => `  ${line}\n`).join("")}`);
    const session = await scene.connect(sshd, { configFile, options: [], connectTimeoutMs: null });
    const { port } = await scene.service((socket) => void socket.pipe(socket), { allowHalfOpen: true });
    expect((await exchange(await session.dial(localhost(port), neverAborted), "still here")).toString()).toBe("still here");
    await expect(session.dial(localhost(1), neverAborted)).rejects.toMatchObject({ code: "service-refused" });
    await expect(exchange(connect(ownForward, "127.0.0.1"), "")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    session.close();
    await session.ended;
    await expect.poll(() => sshd.countSessions()).toBe(0);
    expect(readdirSync(folder)).toEqual(["config"]);
  });

  it("ends in ssh-config-invalid when ssh cannot read an option", async () => {
    const sshd = await scene.sshd();
    // Resolved before the mistake was made.
    const configFile = join(scene.cleanups.folder(), "config");
    writeFileSync(configFile, `UserKnownHostsFile ${sshd.knownHostsPath}\n`);
    const connecting = scene.connect(
      sshd,
      { configFile, options: [] },
      {},
      { beforeLogIn: () => writeFileSync(configFile, "NoSuchOption yes\n") },
    );
    await expect(connecting).rejects.toMatchObject({ code: "ssh-config-invalid" });
  });
});

describe.skipIf(!hasOpenSsh)("a log-in that fails", () => {
  it.each([
    ["nothing listens", "connection-refused", (port: number) => ({ port })],
    ["the name is not known", "host-unresolved", (port: number) => ({ port, host: "no-such-host.invalid" })],
  ])("is told apart: %s is %s", async (_, code, changes) => {
    const sshd = await scene.sshd();
    const target = { user: "me", host: "127.0.0.1", ...changes(await freePort()) };
    await expect(scene.connect(sshd, { target })).rejects.toMatchObject({ code });
  });

  it("is a timeout of the handshake when something listens and says nothing", async () => {
    const sshd = await scene.sshd();
    const { port } = await scene.service();
    const target = { user: "me", host: "127.0.0.1", port };
    await expect(scene.connect(sshd, { target, connectTimeoutMs: 1_000 })).rejects.toMatchObject({ code: "handshake-timeout" });
  });

  it("is not-ssh when something else answers", async () => {
    const sshd = await scene.sshd();
    const { port } = await scene.service((socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const target = { user: "me", host: "127.0.0.1", port };
    await expect(scene.connect(sshd, { target })).rejects.toMatchObject({ code: expect.stringMatching(/not-ssh|handshake-lost/) });
  });

  it("leaves no process, no folder and no receipt, like one that is given up", async () => {
    const sshd = await scene.sshd();
    const folders = scene.folders();
    const engine = scene.engine(folders);
    const { port, sockets } = await scene.service();
    const target = { user: "me", host: "127.0.0.1", port };
    const abort = new AbortController();
    const connecting = scene.connect(sshd, { target }, {}, { engine, signal: abort.signal });
    await expect.poll(() => sockets.size).toBe(1);
    abort.abort();
    await expect(connecting).rejects.toMatchObject({ code: "session-gone" });
    await expect.poll(() => sockets.size).toBe(0);
    await expect.poll(() => [...readdirSync(folders.runtimeDir), ...readdirSync(join(folders.stateDir, "ssh"))]).toEqual([]);
  });
});
