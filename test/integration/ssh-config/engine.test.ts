import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import { plainLogin } from "../../../src/config/plain-login.js";
import { parseTarget } from "../../../src/config/target.js";
import type { LoginSpec } from "../../../src/config/tunnel-spec.js";
import { socketFor } from "../../../src/ssh/agent/find-agent.js";
import { createSshEngine } from "../../../src/ssh/engine.js";
import type { HostConfig } from "../../../src/ssh/host-config.js";
import { HostResolver } from "../../../src/ssh/resolve/host-resolver.js";
import type { ConnectContext, EngineName, HostEngine, LoginFacts, SshEngine } from "../../../src/ssh/session.js";
import { Cleanups } from "../../support/cleanups.js";
import { connectContext, neverAborted } from "../../support/login.js";
import { unnamed } from "../../support/quiet.js";
import { startAgent } from "../../support/ssh-agent.js";
import { hasSsh } from "../../support/ssh-client.js";
import { fakeSession } from "../../unit/fixtures/fake-session.js";

const cleanups = new Cleanups();
afterEach(() => cleanups.run());

let folder: string;
let config: string;
beforeEach(() => {
  folder = cleanups.folder();
  config = join(folder, "config");
  writeFileSync(config, "Host box\n  HostName box.example\n");
});

interface Call {
  readonly engine: EngineName;
  readonly host: HostConfig;
  readonly agentSocket: string | undefined;
}

/** Both engines fake: what each is asked for, and fails with. */
function world(failures: Partial<Record<EngineName, Failure>> = {}, env: NodeJS.ProcessEnv = { PATH: process.env.PATH }) {
  const calls: Call[] = [];
  const fake = (name: EngineName): HostEngine => ({
    name,
    connect: async (host, _login, { agentSocket }) => {
      calls.push({ engine: name, host, agentSocket });
      const failure = failures[name];
      if (failure !== undefined) throw failure;
      return fakeSession();
    },
  });
  const engine = createSshEngine({ ssh2: fake("ssh2"), openssh: fake("openssh"), names: unnamed, env, resolver: new HostResolver(env) });
  return { engine, calls, used: () => calls.map((call) => call.engine) };
}

function login(changes: Partial<LoginSpec> = {}): LoginSpec {
  const options = ["UserKnownHostsFile=none", "GlobalKnownHostsFile=none"];
  return { ...plainLogin(parseTarget("box"), config), options, ...changes };
}

async function connect(engine: SshEngine, changes: Partial<LoginSpec> = {}, context: Partial<ConnectContext> = {}): Promise<LoginFacts[]> {
  const facts: LoginFacts[] = [];
  await engine.connect(login(changes), connectContext({ onResolved: (found) => facts.push(found), ...context }), neverAborted);
  return facts;
}

describe.skipIf(!hasSsh)("a log-in", () => {
  it("is ssh2's where nothing speaks against it, to the host that ssh_config means", async () => {
    const { engine, calls } = world();
    const facts = await connect(engine);
    expect(facts).toMatchObject([{ engine: "ssh2", engineReason: null, target: expect.stringContaining("@box.example:22") }]);
    expect(calls).toMatchObject([{ engine: "ssh2", host: { alias: "box" } }]);
  });

  it.each<[string, Partial<LoginSpec>, string]>([
    ["its own options", { options: ["KnownHostsCommand=/bin/true"] }, "KnownHostsCommand"],
    ["a host on the way", { jump: ["edge"] }, "PKCS#11 token of edge"],
    ["algorithms of which ssh2 has none", { options: ["KexAlgorithms=sntrup761x25519-sha512@openssh.com"] }, "of which ssh2 has none"],
    ["what was asked for", { engine: "openssh" }, "asked for"],
  ])("is the system ssh's because of %s", async (_, changes, why) => {
    writeFileSync(config, "Host edge\n  PKCS11Provider /lib/p11.so\n");
    const { engine, used } = world();
    const [facts] = await connect(engine, changes);
    expect(facts).toMatchObject({ engine: "openssh", engineReason: expect.stringContaining(why) });
    expect(used()).toEqual(["openssh"]);
  });

  it("is the system ssh's because of a certificate beside the identity", async () => {
    const key = makeKey("ed25519");
    const { engine, used } = world();
    await connect(engine, { identities: [key] });
    writeFileSync(`${key}-cert.pub`, "");
    await connect(engine, { identities: [key] });
    expect(used()).toEqual(["ssh2", "openssh"]);
  });

  it.each(["own key beside it", "authority alone"])("to a host with a @cert-authority looks at known_hosts: %s", async (what) => {
    const path = join(folder, "known_hosts");
    const key = readFileSync(`${makeKey("ed25519")}.pub`, "utf8")
      .split(" ", 2)
      .join(" ");
    writeFileSync(path, `@cert-authority *.example ${key}\n${what === "authority alone" ? "" : `box.example ${key}\n`}`);
    const { engine, used } = world();
    await connect(engine, { options: [`UserKnownHostsFile=${path}`, "GlobalKnownHostsFile=none"] });
    expect(used()).toEqual([what === "authority alone" ? "openssh" : "ssh2"]);
  });

  it.each(["algorithms-mismatch", "host-key-needs-authority"] as const)(
    "that ssh2 ends with %s is tried by ssh once, and then at once by ssh",
    async (code) => {
      const { engine, used } = world({ ssh2: new Failure(code, "no") });
      const facts = await connect(engine);
      expect(facts.map((told) => told.engine)).toEqual(["ssh2", "openssh"]);
      expect(facts[1]?.engineReason).toMatch(/lacks|authority/);
      await connect(engine);
      expect(used()).toEqual(["ssh2", "openssh", "openssh"]);
    },
  );

  it("is ssh2's again when ssh_config was edited since", async () => {
    const { engine, used } = world({ ssh2: new Failure("algorithms-mismatch", "no") });
    await connect(engine);
    writeFileSync(config, "Host box\n  HostName box.example\n  Compression yes\n");
    await connect(engine);
    expect(used()).toEqual(["ssh2", "openssh", "ssh2", "openssh"]);
  });

  it.each<[string, Partial<LoginSpec>, Failure]>([
    ["that was to be ssh2's", { engine: "ssh2" }, new Failure("algorithms-mismatch", "no")],
    ["that failed for another reason", {}, new Failure("auth-rejected", "no")],
  ])("%s is not tried by ssh", async (_, changes, failure) => {
    const { engine, used } = world({ ssh2: failure });
    await expect(connect(engine, changes)).rejects.toBe(failure);
    expect(used()).toEqual(["ssh2"]);
  });

  it("has its answers remembered only when it stands", async () => {
    let accepted = 0;
    const person = { ...connectContext().person, accepted: () => void accepted++ };
    await expect(connect(world({ ssh2: new Failure("auth-rejected", "no") }).engine, {}, { person })).rejects.toThrow();
    expect(accepted).toBe(0);
    await connect(world().engine, {}, { person });
    expect(accepted).toBe(1);
  });
});

describe("on a machine without ssh", () => {
  it("what ssh2 can do is done", async () => {
    const { engine, used } = world({}, { PATH: folder });
    expect(await connect(engine)).toMatchObject([{ target: expect.stringContaining("@box.example:22") }]);
    expect(used()).toEqual(["ssh2"]);
  });

  it.each<[Partial<LoginSpec>, string]>([
    [{ engine: "openssh" }, "this machine has none"],
    [{ options: ["PKCS11Provider=/lib/p11.so"] }, "for a PKCS#11 token"],
  ])("%o waits for a person, and goes on when there is one", async (changes, why) => {
    const { engine } = world({}, { PATH: folder });
    await expect(connect(engine, changes)).rejects.toMatchObject({ code: "engine-unavailable", message: expect.stringContaining(why) });
    const before = await engine.surroundings(login(changes), undefined, neverAborted);
    writeFileSync(join(folder, "ssh"), `#!/bin/sh\nPATH="${process.env.PATH}" exec ssh "$@"\n`);
    chmodSync(join(folder, "ssh"), 0o755);
    expect((await engine.surroundings(login(changes), undefined, neverAborted)).sshConfig).not.toBe(before.sshConfig);
  });
});

describe.skipIf(!hasSsh || process.platform === "win32")("the agent of a log-in", () => {
  /** Holds a key, or none. */
  async function agentAt(path: string, holdsKey: boolean): Promise<string> {
    const agent = await startAgent(path);
    cleanups.add(agent.stop);
    if (holdsKey) await agent.add(makeKey("ed25519"));
    return path;
  }

  it("is the first that holds a key, and else the first that answers", async () => {
    const runtime = join(folder, "run");
    mkdirSync(join(runtime, "gcr"), { recursive: true });
    const asked = await agentAt(join(folder, "asked"), false);
    const { engine, calls } = world({}, { PATH: process.env.PATH, XDG_RUNTIME_DIR: runtime });
    await connect(engine, {}, { agentSocket: asked });
    const holder = await agentAt(join(runtime, "gcr", "ssh"), true);
    await connect(engine, {}, { agentSocket: asked });
    expect(calls.map(({ agentSocket }) => agentSocket)).toEqual([asked, holder]);
  });

  it("is none where nothing answers as an agent does", async () => {
    const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await new Promise<void>((resolve) => void server.listen(join(folder, "asked"), resolve));
    cleanups.add(() => server.close());
    const { engine, calls } = world();
    await connect(engine, {}, { agentSocket: join(folder, "asked") });
    expect(calls[0]?.agentSocket).toBeUndefined();
  });

  it("is for each host the one that ssh_config names, and no other in its place", async () => {
    const usual = await agentAt(join(folder, "usual"), true);
    writeFileSync(config, `Host box\n  IdentityAgent ${folder}/own\nHost edge\n  IdentityAgent none\nHost inner\n`);
    const { engine, calls } = world();
    await connect(engine, { jump: ["edge", "inner"] }, { agentSocket: usual });
    const hosts = calls.flatMap(({ host }) => [...host.jumps, host]);
    expect(hosts.map(({ agent }) => socketFor(agent, calls[0]?.agentSocket))).toEqual([undefined, usual, join(folder, "own")]);
  });

  it("that comes up later, and the key that is added to it, are other surroundings", async () => {
    const { engine } = world();
    const path = join(folder, "late");
    const look = async () => (await engine.surroundings(login(), path, neverAborted)).keys;
    const none = await look();
    const agent = await startAgent(path);
    cleanups.add(agent.stop);
    const empty = await look();
    await agent.add(makeKey("ed25519"));
    expect(new Set([none, empty, await look()]).size).toBe(3);
  });
});

function makeKey(type: string): string {
  const path = join(cleanups.folder(), "key");
  execFileSync("ssh-keygen", ["-q", "-t", type, "-N", "", "-f", path]);
  return path;
}
