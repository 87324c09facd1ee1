import { execFileSync } from "node:child_process";
import { appendFileSync, copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { startAgent, type TestAgent } from "../../support/ssh-agent.js";
import type { TestSshd } from "../../support/test-sshd.js";
import { engines, hasRealServer, personWho, useScene } from "./scene.js";

describe.skipIf(!hasRealServer).each(engines)("a log-in by %s", (_name, engine) => {
  const scene = useScene(engine);
  let sshd: TestSshd;
  beforeEach(async () => {
    sshd = await scene.sshd();
  });

  const authorize = (keyPath: string) => appendFileSync(join(sshd.dir, "authorized_keys"), readFileSync(`${keyPath}.pub`, "utf8"));
  const agentWith = async (...keyPaths: readonly string[]): Promise<TestAgent> => {
    const agent = await startAgent(join(scene.cleanups.folder(), "agent"));
    scene.cleanups.add(agent.stop);
    for (const keyPath of keyPaths) await agent.add(keyPath);
    return agent;
  };

  it.each([
    ["ed25519", ["-t", "ed25519"]],
    ["ECDSA", ["-t", "ecdsa"]],
    ["RSA, by SHA-2", ["-t", "rsa", "-b", "2048"]],
  ])("with a key file of type %s", async (_type, words) => {
    const key = scene.key(...words, "-N", "");
    authorize(key);
    (await scene.connect(sshd, { identities: [key] })).close();
  });

  it("with the second of two key files, when the server wants that", async () => {
    const [wrong, right] = [scene.key("-t", "ed25519", "-N", ""), scene.key("-t", "ed25519", "-N", "")];
    authorize(right);
    (await scene.connect(sshd, { identities: [wrong, right] })).close();
  });

  it("with an encrypted key asks for the passphrase, and once more when it was wrong", async () => {
    const key = scene.key("-t", "ed25519", "-N", "open sesame");
    authorize(key);
    const person = personWho(({ isRepeated }) => (isRepeated ? "open sesame" : "wrong"));
    (await scene.connect(sshd, { identities: [key] }, { person })).close();
    expect(person.asked).toMatchObject([
      { kind: "passphrase", subject: key, isRepeated: false, isEchoed: false },
      { kind: "passphrase", subject: key, isRepeated: true },
    ]);
  });

  it("with an encrypted key that the agent holds asks nobody", async () => {
    const key = scene.key("-t", "ed25519", "-N", "");
    authorize(key);
    const agent = await agentWith(key);
    const locked = join(scene.cleanups.folder(), "locked");
    copyFileSync(key, locked);
    copyFileSync(`${key}.pub`, `${locked}.pub`);
    execFileSync("ssh-keygen", ["-q", "-p", "-P", "", "-N", "secret", "-f", locked]);
    const person = personWho(() => "");
    (await scene.connect(sshd, { identities: [locked] }, { person, agentSocket: agent.socketPath })).close();
    expect(person.asked).toEqual([]);
  });

  it("with the agent offers only the named keys when IdentitiesOnly is set", async () => {
    const [named, other] = [scene.key("-t", "ed25519", "-N", ""), scene.key("-t", "ed25519", "-N", "")];
    authorize(other);
    const agent = await agentWith(named, other);
    const options = [`UserKnownHostsFile=${sshd.knownHostsPath}`, "GlobalKnownHostsFile=none"];
    const context = { agentSocket: agent.socketPath };
    (await scene.connect(sshd, { identities: [named], options }, context)).close();
    const only = scene.connect(sshd, { identities: [named], options: [...options, "IdentitiesOnly=yes"] }, context);
    await expect(only).rejects.toMatchObject({ code: "auth-rejected" });
  });

  it("that the server refuses is auth-rejected, tells what was offered, and is not repeated", async () => {
    const talking = await scene.sshd({ extraConfig: ["LogLevel VERBOSE"] });
    const countConnections = () => talking.log().split("Connection from").length - 1;
    const before = countConnections();
    const wrong = scene.key("-t", "ed25519", "-N", "");
    await expect(scene.connect(talking, { identities: [wrong] })).rejects.toMatchObject({ code: "auth-rejected", recovery: "needs-user" });
    expect(countConnections()).toBe(before + 1);
  });

  it("that asks with nobody there needs an answer", async () => {
    const key = scene.key("-t", "ed25519", "-N", "secret");
    authorize(key);
    await expect(scene.connect(sshd, { identities: [key] })).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:needs-answer|identity-locked)$/),
      recovery: "needs-user",
    });
  });
});
