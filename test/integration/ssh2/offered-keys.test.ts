import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { resolveHost } from "../../../src/ssh/resolve/resolve-host.js";
import { ssh2Engine } from "../../../src/ssh/ssh2/engine.js";
import { connectContext, loginTo, neverAborted } from "../../support/login.js";
import { startAgent, type TestAgent } from "../../support/ssh-agent.js";
import { sshdKind } from "../../support/test-sshd.js";
import { authorize, makeKey, serverFor, statusThrough, useServer } from "./scene.js";

const hasKeygen = spawnSync("ssh-keygen", ["-?"]).error === undefined && sshdKind() === "openssh";
const server = useServer();
const { cleanups, at, connect } = server;

describe("a key file", () => {
  it("of type ed25519 logs in", async () => {
    expect(await statusThrough(cleanups, await connect())).toBe("200 OK");
  });

  it.skipIf(!hasKeygen).each([
    ["a PEM ECDSA key", ["-t", "ecdsa", "-m", "PEM"]],
    ["a PEM RSA key", ["-t", "rsa", "-b", "2048", "-m", "PEM"]],
  ])("made by ssh-keygen as %s logs in", async (_kind, args) => {
    const path = makeKey(at("key"), args);
    authorize(server.sshd, path);
    expect(await statusThrough(cleanups, await connect({ identities: [path] }))).toBe("200 OK");
  });

  it.skipIf(!hasKeygen)("is offered without being named, when it is one that ssh tries of itself", async () => {
    const path = makeKey(at("id_ed25519"));
    authorize(server.sshd, path);
    const login = loginTo(server.sshd, { identities: [] });
    // Where ssh looks for them, in the home of the system's list of users, no test may write.
    const host = { ...(await resolveHost(login, neverAborted)), identities: [at("id_rsa"), path] };
    expect(host.hasOwnIdentities).toBe(false);
    const session = await ssh2Engine.connect(host, login, connectContext(), neverAborted);
    cleanups.add(async () => session.close());
    expect(await statusThrough(cleanups, session)).toBe("200 OK");
  });

  it("that the server does not accept ends in auth-rejected with its name, after one try", async () => {
    const path = at("stranger");
    writeStranger(path);
    await expect(connect({ identities: [path] })).rejects.toMatchObject({
      code: "auth-rejected",
      recovery: "needs-user",
      message: expect.stringContaining(path),
    });
  });

  it("may be refused as long as another one is accepted", async () => {
    const path = at("stranger");
    writeStranger(path);
    expect(await statusThrough(cleanups, await connect({ identities: [path, server.sshd.clientKeyPath] }))).toBe("200 OK");
  });

  it("that is missing, garbage, a public key or a folder ends in identity-unreadable with its name, before the server is asked", async () => {
    const garbage = at("garbage");
    writeFileSync(garbage, "no key at all\n");
    const truncated = at("truncated");
    writeFileSync(truncated, readFileSync(server.sshd.clientKeyPath, "utf8").slice(0, 150));
    for (const path of [at("missing"), garbage, truncated, `${server.sshd.clientKeyPath}.pub`, server.folder]) {
      await expect(connect({ identities: [path] })).rejects.toMatchObject({
        code: "identity-unreadable",
        message: expect.stringContaining(path),
      });
    }
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === "win32")(
    "that this user may not read ends in identity-unreadable",
    async () => {
      const path = at("key");
      writeFileSync(path, readFileSync(server.sshd.clientKeyPath));
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
    const path = makeKey(at("locked"), args, "secret");
    authorize(server.sshd, path);
    await expect(connect({ identities: [path] })).rejects.toMatchObject({
      code: "identity-locked",
      message: expect.stringContaining("no agent has it"),
      hint: expect.stringContaining(`ssh-add ${path}`),
    });
  });

  it("stays locked when the agent holds only other keys", async () => {
    const agent = await startAgentHere();
    await agent.add(makeKey(at("other")));
    const path = makeKey(at("locked"), [], "secret");
    authorize(server.sshd, path);
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
    const agent = await startAgentHere();
    const path = makeKey(at("key"), args);
    authorize(server.sshd, path);
    await agent.add(path);
    expect(await statusThrough(cleanups, await connect({ identities: [] }, { agentSocket: agent.socketPath }))).toBe("200 OK");
  });

  it("that holds the key of a named file is asked instead of the file, and the key is offered once", async () => {
    const agent = await startAgentHere();
    const path = makeKey(at("both"), ["-C", "me@home"]);
    await agent.add(path);
    const failure = await connect({ identities: [path] }, { agentSocket: agent.socketPath }).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: "auth-rejected", message: expect.stringMatching(/refused me@home \(agent\)(;|$)/) });
    expect(failedTriesWith(path)).toBe(1);
  });

  it("offers its keys in turn until one is accepted", async () => {
    const agent = await startAgentHere();
    for (const name of ["first", "second", "third"]) await agent.add(makeKey(at(name)));
    authorize(server.sshd, at("third"));
    expect(await statusThrough(cleanups, await connect({ identities: [] }, { agentSocket: agent.socketPath }))).toBe("200 OK");
    expect(["first", "second"].map((name) => failedTriesWith(at(name)))).toEqual([1, 1]);
  });

  it("with more keys than the server has patience for ends in auth-rejected", async () => {
    const strict = await serverFor(cleanups, { extraConfig: ["MaxAuthTries 2"] });
    const agent = await startAgentHere();
    for (const name of ["a", "b", "c", "d"]) await agent.add(makeKey(at(name)));
    await expect(connect({ ...loginTo(strict), identities: [] }, { agentSocket: agent.socketPath })).rejects.toMatchObject({
      code: "auth-rejected",
      message: expect.stringContaining("too many keys"),
    });
  });

  it("without keys is no-credentials", async () => {
    const agent = await startAgentHere();
    await expect(connect({ identities: [] }, { agentSocket: agent.socketPath })).rejects.toMatchObject({
      code: "no-credentials",
      message: expect.stringContaining("the SSH agent holds no key"),
    });
  });

  it("that has died is agent-unavailable, and no hindrance when a key file does", async () => {
    const agent = await startAgentHere();
    await agent.stop();
    await expect(connect({ identities: [] }, { agentSocket: agent.socketPath })).rejects.toMatchObject({
      code: "agent-unavailable",
      message: expect.stringContaining(agent.socketPath),
    });
    expect(await statusThrough(cleanups, await connect({}, { agentSocket: agent.socketPath }))).toBe("200 OK");
  });
});

async function startAgentHere(): Promise<TestAgent> {
  const agent = await startAgent(at("agent"));
  cleanups.add(() => agent.stop());
  return agent;
}

/** A key without ssh-keygen: the host key of another server is a stranger everywhere. */
function writeStranger(path: string): void {
  writeFileSync(path, readFileSync(server.sshd.hostKeyPath), { mode: 0o600 });
}

function fingerprint(keyPath: string): string {
  return execFileSync("ssh-keygen", ["-lf", `${keyPath}.pub`], { encoding: "utf8" }).split(" ")[1] ?? "";
}

/** sshd logs each key it refuses with its fingerprint. */
function failedTriesWith(keyPath: string): number {
  return server.sshd
    .log()
    .split(`Failed publickey`)
    .filter((line) => line.split("\n")[0]?.includes(fingerprint(keyPath))).length;
}
