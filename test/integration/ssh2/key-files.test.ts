import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Cleanups } from "../../support/cleanups.js";
import { neverAborted } from "../../support/login.js";
import { startAgent, type TestAgent } from "../../support/ssh-agent.js";
import { sshdKind, startTestSshd, type TestSshd } from "../../support/test-sshd.js";
import { authorize, connectTo, makeKey, personWho, quickKdf, statusThrough } from "./scene.js";

const cleanups = new Cleanups();
let sshd: TestSshd;
let folder: string;
const at = (name: string) => join(folder, name);

describe.skipIf(sshdKind() !== "openssh")("with a real sshd", () => {
  beforeAll(async () => {
    sshd = await startTestSshd({ extraConfig: ["MaxAuthTries 20"] });
  });
  afterAll(() => sshd.dispose());
  beforeEach(() => {
    folder = cleanups.folder();
  });
  afterEach(cleanups.run);

  describe("an encrypted key", () => {
    it.each([
      ["OpenSSH ed25519", []],
      ["OpenSSH RSA", ["-t", "rsa", "-b", "2048"]],
      ["PEM RSA", ["-t", "rsa", "-b", "2048", "-m", "PEM"]],
      ["PEM ECDSA", ["-t", "ecdsa", "-m", "PEM"]],
    ])("in the form %s opens with the passphrase that a person gives", async (_form, args) => {
      const path = makeKey(at("locked"), [...quickKdf, ...args], "secret");
      authorize(sshd, path);
      const person = personWho("secret");
      expect(await statusThrough(cleanups, await connect({ identities: [path] }, { person }))).toBe("200 OK");
      expect(person.questions).toEqual([
        { kind: "passphrase", subject: path, text: `Enter passphrase for key '${path}':`, isEchoed: false, isRepeated: false },
      ]);
    });

    it("asks again after a wrong passphrase, and says that it does", async () => {
      const path = makeKey(at("locked"), quickKdf, "secret");
      authorize(sshd, path);
      const person = personWho("wrong", "secret");
      await connect({ identities: [path] }, { person });
      expect(person.questions.map(({ isRepeated }) => isRepeated)).toEqual([false, true]);
    });

    it("stays locked after as many wrong passphrases as NumberOfPasswordPrompts", async () => {
      const path = makeKey(at("locked"), quickKdf, "secret");
      authorize(sshd, path);
      const person = personWho("wrong", "wrong", "secret");
      await expect(connect({ identities: [path], options: [...known(), "NumberOfPasswordPrompts=2"] }, { person })).rejects.toMatchObject({
        code: "identity-locked",
        message: expect.stringContaining(path),
      });
    });

    it("asks nobody when the server does not want the key, which stands in the file in clear", async () => {
      const path = makeKey(at("locked"), quickKdf, "secret");
      rmSync(`${path}.pub`);
      const person = personWho("secret");
      await expect(connect({ identities: [path] }, { person })).rejects.toMatchObject({
        code: "auth-rejected",
        message: expect.stringContaining(path),
      });
      expect(person.questions).toEqual([]);
    });

    it("asks before it is offered when its public half is nowhere to be read", async () => {
      const path = makeKey(at("locked"), ["-t", "rsa", "-b", "2048", "-m", "PEM"], "secret");
      authorize(sshd, path);
      rmSync(`${path}.pub`);
      const person = personWho("wrong", "secret");
      expect(await statusThrough(cleanups, await connect({ identities: [path] }, { person }))).toBe("200 OK");
      expect(person.questions).toHaveLength(2);
    });

    it("is not asked for as long as another key does", async () => {
      const path = makeKey(at("locked"), quickKdf, "secret");
      authorize(sshd, path);
      const person = personWho();
      await connect({ identities: [path, sshd.clientKeyPath] }, { person });
      expect(person.questions).toEqual([]);
    });

    it("that nobody opens is passed over when a later method or key does", async () => {
      const locked = makeKey(at("locked"), quickKdf, "secret");
      const other = makeKey(at("other"), quickKdf, "open");
      for (const path of [locked, other]) authorize(sshd, path);
      const person = personWho("wrong", "wrong", "wrong", "open");
      expect(await statusThrough(cleanups, await connect({ identities: [locked, other] }, { person }))).toBe("200 OK");
      expect(person.questions.map(({ subject }) => subject)).toEqual([locked, locked, locked, other]);
    });

    it("may take a person longer than the server may take", async () => {
      const path = makeKey(at("locked"), quickKdf, "secret");
      authorize(sshd, path);
      const slow = personWho("secret");
      const ask = slow.ask;
      const person = {
        ...slow,
        ask: async (...args: Parameters<typeof ask>) => {
          await new Promise((resolve) => setTimeout(resolve, 1_500));
          return ask(...args);
        },
      };
      const session = await connect({ identities: [path], connectTimeoutMs: 1_000 }, { person });
      expect(await statusThrough(cleanups, session)).toBe("200 OK");
    });

    it("stops asking when the log-in is not wanted any more", async () => {
      const path = makeKey(at("locked"), quickKdf, "secret");
      authorize(sshd, path);
      const abort = new AbortController();
      let askedWith = neverAborted;
      const person = {
        ...personWho(),
        ask: (_question: unknown, signal: AbortSignal) => {
          askedWith = signal;
          abort.abort();
          return new Promise<string>(() => {});
        },
      };
      await expect(connect({ identities: [path] }, { person }, abort.signal)).rejects.toBeInstanceOf(Error);
      expect(askedWith.aborted).toBe(true);
    });
  });

  describe("IdentitiesOnly", () => {
    it("keeps the agent's other keys from the server", async () => {
      const agent = await agentWith(makeKey(at("other")), makeKey(at("third")));
      authorize(sshd, at("other"));
      const failing = connect(
        { identities: [makeKey(at("mine"))], options: [...known(), "IdentitiesOnly=yes"] },
        { agentSocket: agent.socketPath },
      );
      await expect(failing).rejects.toMatchObject({ code: "auth-rejected", message: expect.stringContaining(`refused ${at("mine")};`) });
      await connect({ identities: [at("mine")] }, { agentSocket: agent.socketPath });
    });

    it("lets the agent sign for a key that is named by its public half alone", async () => {
      const path = makeKey(at("token"));
      authorize(sshd, path);
      const agent = await agentWith(path, makeKey(at("other")));
      rmSync(path);
      const options = [...known(), "IdentitiesOnly=yes"];
      for (const named of [path, `${path}.pub`]) {
        const session = await connect({ identities: [named], options }, { agentSocket: agent.socketPath });
        expect(await statusThrough(cleanups, session)).toBe("200 OK");
      }
      const alone = await agentWith(at("other"));
      await expect(connect({ identities: [`${path}.pub`], options }, { agentSocket: alone.socketPath })).rejects.toMatchObject({
        code: "identity-unreadable",
        message: expect.stringContaining("no agent has it"),
      });
    });
  });

  it("takes IdentityAgent of ssh_config in place of the usual agent, and none at all when it says none", async () => {
    const path = makeKey(at("key"));
    authorize(sshd, path);
    const agent = await agentWith(path);
    const named = [...known(), `IdentityAgent=${agent.socketPath}`];
    const session = await connect({ identities: [], options: named }, { agentSocket: at("nowhere") });
    expect(await statusThrough(cleanups, session)).toBe("200 OK");
    await expect(
      connect({ identities: [], options: [...known(), "IdentityAgent=none"] }, { agentSocket: agent.socketPath }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/no-credentials|auth-rejected/) });
  });

  it("does not mind a named key that is missing as long as another is there", async () => {
    await connect({ identities: [at("missing"), sshd.clientKeyPath] });
  });

  describe("PubkeyAcceptedAlgorithms", () => {
    it("has an RSA key sign with SHA-512 where only that is allowed", async () => {
      const path = makeKey(at("rsa"), ["-t", "rsa", "-b", "2048"]);
      const strict = await startTestSshd({ extraConfig: ["PubkeyAcceptedAlgorithms rsa-sha2-512"] });
      cleanups.add(() => strict.dispose());
      authorize(strict, path);
      const options = [`UserKnownHostsFile=${strict.knownHostsPath}`, "PubkeyAcceptedAlgorithms=rsa-sha2-512"];
      const login = { identities: [path], options };
      expect(await statusThrough(cleanups, await connectTo(cleanups, strict, login))).toBe("200 OK");
      const agent = await agentWith(path);
      expect(await statusThrough(cleanups, await connectTo(cleanups, strict, login, { agentSocket: agent.socketPath }))).toBe("200 OK");
    });

    it("keeps a key of another type from the server", async () => {
      const options = [...known(), "PubkeyAcceptedAlgorithms=rsa-sha2-256", "PreferredAuthentications=publickey"];
      await expect(connect({ options })).rejects.toMatchObject({
        code: "no-credentials",
        message: expect.stringContaining(sshd.clientKeyPath),
      });
    });
  });

  it("logs in where two keys are needed, one after the other", async () => {
    const both = await startTestSshd({ extraConfig: ["AuthenticationMethods publickey,publickey"] });
    cleanups.add(() => both.dispose());
    const second = makeKey(at("second"));
    await expect(connectTo(cleanups, both, {})).rejects.toMatchObject({
      code: "auth-rejected",
      message: expect.stringMatching(/accepted .*client_key but wants more: publickey/),
    });
    authorize(both, second);
    const session = await connectTo(cleanups, both, { identities: [second, both.clientKeyPath] });
    expect(await statusThrough(cleanups, session)).toBe("200 OK");
  });

  it("passes over a key that its agent will not sign with", async () => {
    const path = makeKey(at("asked"));
    authorize(sshd, path);
    const agent = await startAgent(at("agent"), "/bin/false");
    cleanups.add(() => agent.stop());
    execFileSync("ssh-add", ["-q", "-c", path], { env: { ...process.env, SSH_AUTH_SOCK: agent.socketPath }, stdio: "ignore" });
    copyFileSync(`${path}.pub`, at("named.pub"));
    renameSync(path, at("away"));
    chmodSync(at("away"), 0o600);
    await expect(connect({ identities: [at("named.pub")] }, { agentSocket: agent.socketPath })).rejects.toMatchObject({
      code: "auth-rejected",
      message: expect.stringContaining("not signed"),
    });
    const session = await connect({ identities: [at("named.pub"), sshd.clientKeyPath] }, { agentSocket: agent.socketPath });
    expect(await statusThrough(cleanups, session)).toBe("200 OK");
  });
});

function connect(...[changes, context, signal]: Tail) {
  return connectTo(cleanups, sshd, changes, context, signal);
}
type Tail = Parameters<typeof connectTo> extends [unknown, unknown, ...infer Rest] ? Rest : never;

function known(): string[] {
  return [`UserKnownHostsFile=${sshd.knownHostsPath}`, "GlobalKnownHostsFile=none"];
}

let agents = 0;

async function agentWith(...keys: string[]): Promise<TestAgent> {
  agents += 1;
  const agent = await startAgent(at(`agent-${agents}`));
  cleanups.add(() => agent.stop());
  for (const key of keys) await agent.add(key);
  return agent;
}
