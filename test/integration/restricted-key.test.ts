import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { ForwardSpec } from "../../src/config/tunnel-spec.js";
import { generateEd25519Key } from "../../src/ssh/keys/generate-key.js";
import { restrictedLine } from "../../src/ssh/keys/restricted-line.js";
import type { SshSession } from "../../src/ssh/session.js";
import { ssh2Engine } from "../../src/ssh/ssh2/engine.js";
import { knownHostsOptions, neverAborted } from "../support/login.js";
import { SshScene } from "../support/ssh-scene.js";
import { freePort } from "../support/sshd.js";
import { sshdKind } from "../support/test-sshd.js";
import { forwardSpec } from "../unit/fixtures/forwards.js";

const scene = new SshScene(() => ssh2Engine);
afterEach(scene.cleanups.run);

/** A session by a key whose line is for these forwards. */
async function logIn(forwards: readonly ForwardSpec[]): Promise<SshSession> {
  const dir = scene.cleanups.folder();
  const pair = generateEd25519Key();
  writeFileSync(join(dir, "key"), pair.private, { mode: 0o600 });
  const line = restrictedLine(pair.public, forwards, { tunnel: "web", machine: "laptop" });
  mkdirSync(join(dir, ".ssh"), { mode: 0o700 });
  writeFileSync(join(dir, ".ssh/authorized_keys"), `${line}\n`, { mode: 0o600 });
  const sshd = await scene.sshd({ dir, extraConfig: [`AuthorizedKeysFile "${join(dir, ".ssh/authorized_keys")}"`] });
  return scene.connect(sshd, {
    identities: [join(dir, "key")],
    options: [...knownHostsOptions([sshd.knownHostsPath]), "IdentitiesOnly=yes"],
  });
}

async function serveAt(name: string): Promise<string> {
  const path = join(scene.cleanups.folder(), name);
  const server = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(path, resolve));
  scene.cleanups.add(() => server.close());
  return path;
}

const at = (host: string, port: number) => ({ host, port });
const dial = (session: SshSession, host: string, port: number) => session.dial(at(host, port), neverAborted);
const listen = (session: SshSession, host: string, port: number) => session.listen(at(host, port), () => {}, neverAborted);
const health = forwardSpec(1).health;

describe.skipIf(sshdKind() !== "openssh")("a key whose line is for one destination", () => {
  it("opens that, and no other port, name, listener or command", async () => {
    const service = await scene.service();
    const other = await scene.service();
    const session = await logIn([forwardSpec(1, service.port)]);
    (await dial(session, "127.0.0.1", service.port)).destroy();
    await expect(dial(session, "127.0.0.1", other.port)).rejects.toMatchObject({ code: "forwarding-prohibited" });
    await expect(dial(session, "localhost", service.port)).rejects.toMatchObject({ code: "forwarding-prohibited" });
    await expect(listen(session, "localhost", await freePort())).rejects.toMatchObject({ code: "remote-bind-refused" });
    expect(await session.exec("echo here I am", {}, neverAborted)).toMatchObject({ stdout: "" });
  });

  it("reaches no unix socket, and may have one made, as is said beside it", async () => {
    const path = await serveAt("s");
    const session = await logIn([forwardSpec(1, 80)]);
    await expect(session.dial({ path }, neverAborted)).rejects.toThrow();
    (await session.listen({ path: `${path}-new` }, () => {}, neverAborted)).close();
  });
});

it.skipIf(sshdKind() !== "openssh")("a key for a unix socket reaches it, and so everything else, as is said beside it", async () => {
  const path = await serveAt("s");
  const service = await scene.service();
  const session = await logIn([{ ...forwardSpec(1), to: { path } } as ForwardSpec]);
  (await session.dial({ path }, neverAborted)).destroy();
  (await dial(session, "127.0.0.1", service.port)).destroy();
});

it.skipIf(sshdKind() !== "openssh")("a key for a remote forward at a unix socket has it made", async () => {
  const path = join(scene.cleanups.folder(), "s");
  const session = await logIn([{ kind: "remote", bind: { path }, to: at("127.0.0.1", 1), health }]);
  (await session.listen({ path }, () => {}, neverAborted)).close();
});

describe.skipIf(sshdKind() !== "openssh")("a key whose line is for remote forwards", () => {
  it.each(["localhost", "127.0.0.1", "*"])("has the server listen at %s and the port that they name, and nowhere else", async (host) => {
    const [port, other] = [await freePort(), await freePort()];
    const session = await logIn([{ kind: "remote", bind: at(host, port), to: at("127.0.0.1", 1), health }]);
    (await listen(session, host, port)).close();
    await expect(listen(session, host, other)).rejects.toMatchObject({ code: "remote-bind-refused" });
    await expect(dial(session, "127.0.0.1", port)).rejects.toMatchObject({ code: "forwarding-prohibited" });
  });

  it("has it choose a port where the forward does", async () => {
    const session = await logIn([{ kind: "remote", bind: at("localhost", 0), to: at("127.0.0.1", 1), health }]);
    const { bind } = await listen(session, "localhost", 0);
    expect(bind).toMatchObject({ port: expect.any(Number) });
  });
});

it.skipIf(sshdKind() !== "openssh")("a key for a dynamic forward leads anywhere, as is said beside it", async () => {
  const service = await scene.service();
  const session = await logIn([{ kind: "dynamic", bind: at("127.0.0.1", 1080), health }]);
  (await dial(session, "127.0.0.1", service.port)).destroy();
  expect(await session.exec("echo here I am", {}, neverAborted)).toMatchObject({ stdout: "" });
});
