import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { DoctorCode, Layer } from "../../../src/cli/doctor/diagnosis.js";
import { generateEd25519Key } from "../../../src/ssh/keys/generate-key.js";
import { type HttpService, startHttpService } from "../../support/http-service.js";
import { startSmallGateway } from "../../support/small-gateway.js";
import { startAgent } from "../../support/ssh-agent.js";
import { hasSsh, startSshForward } from "../../support/ssh-client.js";
import { freePort } from "../../support/sshd.js";
import { startTcpService } from "../../support/tcp-service.js";
import { sshdKind, startTestSshd, type TestSshd } from "../../support/test-sshd.js";
import { commandsOf, entryFor, Scene } from "./scene.js";

interface SetUp {
  readonly what: string;
  readonly layer: Layer;
  readonly code: DoctorCode;
  /** A part of one of the commands to type. */
  readonly type: string;
  /** Breaks something, and starts a daemon if it is to run. */
  readonly arrange: (scene: Scene, entry: Entry) => Promise<unknown>;
}

type Entry = ReturnType<typeof entryFor>;

let shared: TestSshd;
let service: HttpService;
beforeAll(async () => {
  [shared, service] = await Promise.all([startTestSshd(), startHttpService()]);
});
afterAll(() => Promise.all([shared.dispose(), service.close()]));

/** Saves what is changed of a good tunnel, and lets a daemon try it. */
const tried =
  (change: (scene: Scene, entry: Entry) => object | Promise<object>): SetUp["arrange"] =>
  async (scene, entry) => {
    scene.save({ ...entry, ...(await change(scene, entry)) });
    await scene.startDaemon();
  };

const onThisMachine: readonly SetUp[] = [
  {
    what: "a daemon that does not run",
    layer: "daemon",
    code: "daemon-not-running",
    type: "clawtunnel up web",
    arrange: async (scene, entry) => scene.save(entry),
  },
  {
    what: "a daemon that does not answer",
    layer: "daemon",
    code: "daemon-unresponsive",
    type: "clawtunnel up",
    arrange: async (scene, entry) => {
      scene.save(entry);
      scene.answerTimeoutMs = 200;
      mkdirSync(dirname(scene.paths.controlEndpoint), { recursive: true });
      const deaf = createServer((socket) => socket.resume());
      deaf.listen(scene.paths.controlEndpoint);
      await once(deaf, "listening");
      scene.cleanups.add(() => deaf.close());
    },
  },
  {
    what: "a daemon of another version",
    layer: "daemon",
    code: "daemon-other-version",
    type: "clawtunnel restart --daemon",
    arrange: tried(() => ({})),
  },
  {
    what: "a tunnel that was taken down",
    layer: "tunnel",
    code: "tunnel-down",
    type: "clawtunnel up web",
    arrange: async (scene, entry) => {
      scene.save(entry);
      await scene.startDaemon();
      scene.daemon?.supervisor.down("web");
    },
  },
  {
    what: "a tunnel that its schedule has down",
    layer: "tunnel",
    code: "down-by-schedule",
    type: "clawtunnel up web",
    arrange: tried(() => ({ schedule: { up: "0 0 29 2 *", down: "* * * * *" } })),
  },
  {
    what: "a local port of another program",
    layer: "local-port",
    code: "port-busy",
    type: "--on-port-busy next",
    arrange: tried(async (scene, entry) => {
      await otherProgram(scene, "other.cjs", portOf(entry));
      return {};
    }),
  },
  {
    what: "a local port of an OpenClaw gateway on this machine",
    layer: "local-port",
    code: "port-of-gateway",
    type: "openclaw gateway stop",
    arrange: tried(async (scene, entry) => {
      await otherProgram(scene, "openclaw/gateway.cjs", portOf(entry));
      return {};
    }),
  },
  {
    what: "a local port of another clawtunnel",
    layer: "local-port",
    code: "port-of-clawtunnel",
    type: "clawtunnel status",
    arrange: tried(async (scene, entry) => {
      await otherProgram(scene, "clawtunnel-daemon.js", portOf(entry));
      return {};
    }),
  },
  {
    what: "a loopback twin of somebody else",
    layer: "local-port",
    code: "twin-taken",
    type: "clawtunnel url web",
    arrange: tried(async (scene, entry) => {
      await otherProgram(scene, "other.cjs", portOf(entry), "::1");
      return {};
    }),
  },
  {
    what: "a local address that this machine has not",
    layer: "local-port",
    code: "bind-unavailable",
    type: "",
    arrange: tried((_scene, entry) => ({ forwards: [{ ...entry.forwards[0], local: `192.0.2.1:${portOf(entry)}`, allowLan: true }] })),
  },
];

const onTheWay: readonly SetUp[] = [
  {
    what: "a name that nobody knows",
    layer: "name",
    code: "host-unresolved",
    type: "nowhere.invalid",
    arrange: tried(() => ({ target: "me@nowhere.invalid" })),
  },
  {
    what: "a server that refuses the connection",
    layer: "ssh-port",
    code: "connection-refused",
    type: "nc -vz 127.0.0.1",
    arrange: tried(async () => ({ target: `me@127.0.0.1:${await freePort()}` })),
  },
  {
    what: "something that is no SSH server",
    layer: "ssh-port",
    code: "not-ssh",
    type: "ssh -v -N",
    arrange: tried(async (scene) => ({ target: await says(scene, "HTTP/1.1 400 Bad Request\r\n\r\n", true) })),
  },
  {
    what: "something that accepts and says nothing",
    layer: "ssh-port",
    code: "handshake-timeout",
    type: "ssh -v -N",
    arrange: tried(async (scene) => ({ target: await says(scene, ""), connectTimeoutMs: 400 })),
  },
  {
    what: "a server that has enough log-ins",
    layer: "ssh-port",
    code: "handshake-lost",
    type: "maxstartups",
    arrange: tried(async (scene) => ({ target: await says(scene, "Exceeded MaxStartups\r\n", true) })),
  },
  {
    what: "a server that hangs up on this address",
    layer: "ssh-port",
    code: "handshake-lost",
    type: "fail2ban-client",
    arrange: tried(async (scene) => ({ target: await says(scene, "", true) })),
  },
  {
    what: "several targets of which none is there, each for a reason of its own",
    layer: "name",
    code: "host-unresolved",
    type: "nowhere.invalid",
    arrange: async (scene, { target: _one, ...entry }) => {
      scene.save({ ...entry, targets: ["me@nowhere.invalid", `me@127.0.0.1:${await freePort()}`] });
      await scene.startDaemon();
    },
  },
  {
    what: "a ProxyCommand that fails",
    layer: "ssh-port",
    code: "proxy-command-failed",
    type: "false",
    arrange: tried((_scene, { sshOptions }) => ({ sshOptions: [...sshOptions, "ProxyCommand=false"] })),
  },
];

const atTheDoor: readonly SetUp[] = [
  {
    what: "a host key that nobody has seen",
    layer: "host-key",
    code: "host-key-unknown",
    type: "clawtunnel trust web",
    arrange: tried((scene) => ({ knownHosts: [scene.file("known_hosts", "")] })),
  },
  {
    what: "a host key that has changed",
    layer: "host-key",
    code: "host-key-changed",
    type: "ssh-keygen -R '[127.0.0.1]:",
    arrange: tried((scene) => ({ knownHosts: [scene.file("known_hosts", `[127.0.0.1]:${shared.port} ${generateEd25519Key().public}\n`)] })),
  },
  {
    what: "a host key that is revoked",
    layer: "host-key",
    code: "host-key-revoked",
    type: "grep -n @revoked",
    arrange: tried((scene) => ({ knownHosts: [scene.file("known_hosts", `@revoked * ${shared.hostKeyPublic}\n`)] })),
  },
  {
    what: "a key that the server does not know",
    layer: "authentication",
    code: "auth-rejected",
    type: "ssh-copy-id -i",
    arrange: tried((scene) => ({ identities: [scene.file("strangers_key", generateEd25519Key().private)] })),
  },
  {
    what: "a key file that is not there",
    layer: "authentication",
    code: "identity-unreadable",
    type: "ssh-keygen -yf",
    arrange: tried((scene) => ({ identities: [join(scene.dir, "no_key")] })),
  },
  {
    what: "a key file that is no key",
    layer: "authentication",
    code: "identity-unreadable",
    type: "ssh-keygen -yf",
    arrange: tried((scene) => ({ identities: [scene.file("letter", "hello\n")] })),
  },
  {
    what: "a locked key and no agent",
    layer: "authentication",
    code: "identity-locked",
    type: "ssh-add /tmp/",
    arrange: tried((scene) => {
      const path = copyOfKey(scene, "locked");
      execFileSync("ssh-keygen", ["-q", "-p", "-P", "", "-N", "correct horse", "-f", path]);
      return { identities: [path] };
    }),
  },
  {
    what: "neither a key nor an agent",
    layer: "authentication",
    code: "no-credentials",
    type: "ssh-keygen -t ed25519",
    arrange: tried(() => ({ identities: [], sshOptions: ["IdentityAgent=none", "IdentityFile=none"] })),
  },
  {
    what: "an agent that holds no key",
    layer: "authentication",
    code: "agent-empty",
    type: "ssh-add",
    arrange: tried(async (scene) => {
      const agent = await startAgent(join(scene.dir, "agent"));
      scene.cleanups.add(agent.stop);
      return { identities: [], sshOptions: [`IdentityAgent=${agent.socketPath}`, "IdentityFile=none"] };
    }),
  },
];

/** What only OpenSSH's own sshd and ssh can be told. */
const byOpenssh: readonly SetUp[] = [
  {
    what: "a local port of an ssh -L",
    layer: "local-port",
    code: "port-of-ssh",
    type: "--on-port-busy replace",
    arrange: tried(async (scene, entry) => {
      const ssh = await startSshForward(shared, portOf(entry), 1);
      scene.cleanups.add(ssh.end);
      return {};
    }),
  },
  {
    what: "a LocalForward of ssh_config on the same port",
    layer: "local-port",
    code: "localforward-same-port",
    type: "LocalForward",
    arrange: tried((scene, entry) => ({
      sshConfig: scene.file("ssh_config", `Host *\nLocalForward ${portOf(entry)} 127.0.0.1:1\n`),
    })),
  },
  {
    what: "an ssh_config that ssh cannot read",
    layer: "name",
    code: "ssh-config-invalid",
    type: "ssh -G",
    arrange: tried((scene) => ({ sshConfig: scene.file("ssh_config", "Host *\nNoSuchKeyword yes\n") })),
  },
  {
    what: "a jump host that cannot reach the server",
    layer: "ssh-port",
    code: "jump-failed",
    type: "ssh edge",
    arrange: tried(async (scene) => ({
      target: `me@127.0.0.1:${await freePort()}`,
      jump: ["edge"],
      sshConfig: scene.file(
        "ssh_config",
        [
          "Host edge",
          "HostName 127.0.0.1",
          `Port ${shared.port}`,
          `User ${shared.user}`,
          `IdentityFile ${shared.clientKeyPath}`,
          `UserKnownHostsFile ${shared.knownHostsPath}`,
          "IdentityAgent none\n",
        ].join("\n"),
      ),
    })),
  },
  {
    what: "a user that was not named, and that the server does not take",
    layer: "authentication",
    code: "user-guessed",
    type: "clawtunnel up USER@127.0.0.1",
    arrange: withSshd({ extraConfig: ["AllowUsers nobody-else"] }, ({ port }) => ({ target: `127.0.0.1:${port}` })),
  },
  {
    what: "too many keys for the server's patience",
    layer: "authentication",
    code: "too-many-keys",
    type: "IdentitiesOnly=yes",
    arrange: withSshd({ extraConfig: ["MaxAuthTries 1"] }, ({ clientKeyPath }, scene) => ({
      identities: [1, 2, 3].map((number) => scene.file(`key${number}`, generateEd25519Key().private)).concat(clientKeyPath),
    })),
  },
  {
    what: "a key that others may read, for the system's ssh",
    layer: "authentication",
    code: "key-too-open",
    type: "chmod 600",
    arrange: tried((scene) => {
      const path = copyOfKey(scene, "open_key");
      chmodSync(path, 0o644);
      return { engine: "openssh", identities: [path] };
    }),
  },
  {
    what: "a server that forbids forwarding",
    layer: "forwarding",
    code: "forwarding-prohibited",
    type: "sudo sshd -T",
    arrange: withSshd({ extraConfig: ["AllowTcpForwarding no"] }),
  },
  {
    what: "a key that may do nothing at all",
    layer: "forwarding",
    code: "forwarding-prohibited",
    type: "authorized_keys",
    arrange: withSshd({ authorizedKeysOptions: "restrict" }),
  },
  {
    what: "a permitopen= that names localhost",
    layer: "forwarding",
    code: "permitopen-localhost",
    type: 'permitopen="127.0.0.1:1"',
    arrange: withSshd({ authorizedKeysOptions: 'restrict,port-forwarding,permitopen="localhost:1"' }, (_sshd, _scene, forward) => ({
      forwards: [{ ...forward, to: "127.0.0.1:1" }],
    })),
  },
];

/** Leads to port 1 alone: whoever tests may have a gateway on one of its usual ports, and that is not to be found. */
const onlyPort1 = { authorizedKeysOptions: 'permitopen="127.0.0.1:1"' };

const onTheServer: readonly SetUp[] = [
  {
    what: "a gateway that does not run",
    layer: "remote-listener",
    code: "gateway-down",
    type: "openclaw gateway start",
    arrange: (scene, entry) => withSshd(onlyPort1, () => gatewayAt(entry, 1))(scene, entry),
  },
  {
    what: "a gateway on another port",
    layer: "remote-listener",
    code: "gateway-elsewhere",
    type: "--remote-port",
    arrange: async (scene, entry) => {
      const { to } = await startSmallGateway();
      return withSshd(configuredAs(scene, `{ gateway: { port: ${to.port} } }`), () => gatewayAt(entry, 1))(scene, entry);
    },
  },
  {
    what: "a gateway whose configuration it cannot take",
    layer: "remote-listener",
    code: "gateway-config-invalid",
    type: "openclaw gateway start",
    arrange: (scene, entry) => withSshd({ ...onlyPort1, ...configuredAs(scene, "{ gateway: ") }, () => gatewayAt(entry, 1))(scene, entry),
  },
];

const atTheGateway: readonly SetUp[] = [
  {
    what: "a service that does not run",
    layer: "remote-listener",
    code: "service-refused",
    type: "ss -ltn",
    arrange: tried((_scene, entry) => ({ forwards: [{ ...entry.forwards[0], to: "127.0.0.1:1" }] })),
  },
];

const behindIt: readonly SetUp[] = [
  {
    what: "a container that nobody knows",
    layer: "remote-listener",
    code: "container-unknown",
    type: "docker ps",
    arrange: tried((_scene, entry) => ({ forwards: [{ ...entry.forwards[0], to: "docker:web:80" }] })),
  },
  {
    what: "a wrong token",
    layer: "token",
    code: "gateway-token-wrong",
    type: "openclaw gateway auth-token --show",
    arrange: tried((scene, entry) => withToken(entry, scene.file("token", "wrong\n"))),
  },
  {
    what: "a token that is not where it should be",
    layer: "token",
    code: "gateway-token-missing",
    type: "openclaw gateway auth-token --show",
    arrange: tried((scene, entry) => withToken(entry, join(scene.dir, "no_token"))),
  },
  {
    what: "a token in a file that everybody may read",
    layer: "token",
    code: "gateway-token-missing",
    type: "chmod 600",
    arrange: tried((scene, entry) => {
      const path = scene.file("token", "right\n");
      chmodSync(path, 0o644);
      return withToken(entry, path);
    }),
  },
  {
    what: "a gateway that hangs",
    layer: "gateway",
    code: "gateway-hung",
    type: "openclaw gateway restart",
    arrange: tried(async (scene, entry) => {
      const mute = await startTcpService();
      scene.cleanups.add(mute.close);
      return gatewayAt(entry, mute.port);
    }),
  },
  {
    what: "a gateway that is starting",
    layer: "gateway",
    code: "gateway-starting",
    type: "clawtunnel wait web",
    arrange: tried((scene, entry) => answers(scene, entry, 503, '{"ok":false,"status":"starting"}')),
  },
  {
    what: "a gateway that is draining",
    layer: "gateway",
    code: "gateway-draining",
    type: "clawtunnel wait web",
    arrange: tried((scene, entry) => answers(scene, entry, 503, '{"ok":false,"status":"draining"}')),
  },
  {
    what: "a gateway that is too old to say how it is",
    layer: "gateway",
    code: "gateway-old",
    type: "openclaw update",
    arrange: tried((scene, entry) => answers(scene, entry, 200, "<html><title>OpenClaw Control</title></html>")),
  },
  {
    what: "something that is no gateway",
    layer: "gateway",
    code: "gateway-not-there",
    type: "sudo ss -ltnp",
    arrange: tried((_scene, entry) => gatewayAt(entry, service.port)),
  },
];

const all = [...onThisMachine, ...onTheWay, ...atTheDoor, ...atTheGateway, ...behindIt];

describe.each([
  ["", all, true],
  [" (needs OpenSSH)", [...byOpenssh, ...onTheServer], sshdKind() === "openssh" && hasSsh],
] as const)("doctor%s", (_needs, setUps, isPossible) => {
  it.skipIf(!isPossible).each(setUps)("names $what: $layer, $code", async ({ layer, code, type, arrange }) => {
    const scene = new Scene();
    onTestFinished(scene.cleanups.run);
    await arrange(scene, entryFor(shared, await freePort(), service.port));

    const { report, code: exit } = await scene.diagnose("web");

    const { diagnoses = [], cause } = report.logins[0] ?? {};
    const found = diagnoses.find((one) => one.layer === layer);
    expect(found, JSON.stringify(diagnoses, null, 1)).toMatchObject({ layer, code });
    expect(found && commandsOf(found).join("\n")).toContain(type);
    if (found?.state === "broken") expect(cause).toEqual(found);
    expect(exit).toBe(1);
  });
});

it("knows at least 25 ways to be broken", () => {
  expect(all.length + byOpenssh.length).toBeGreaterThanOrEqual(25);
});

it("names a config that is not right before it looks at any tunnel", async () => {
  const scene = new Scene();
  onTestFinished(scene.cleanups.run);
  writeFileSync(scene.paths.configFile, "{ tunnels: ");

  const { report, code } = await scene.diagnose("web");

  expect(report).toMatchObject({
    logins: [],
    diagnoses: [{ layer: "daemon" }, { layer: "config", state: "broken", code: "config-not-json" }],
  });
  expect(code).toBe(1);
});

it("goes by the target that is there when the preferred one is not", async () => {
  const scene = new Scene();
  onTestFinished(scene.cleanups.run);
  const { target, ...entry } = entryFor(shared, await freePort(), service.port);
  scene.save({ ...entry, targets: [`me@127.0.0.1:${await freePort()}`, target] });

  const { report } = await scene.diagnose("web");

  expect(report.logins[0]).toMatchObject({ target, cause: { code: "daemon-not-running" } });
});

it.skipIf(sshdKind() !== "openssh")("knows a key that may only forward, says what it hides, and finds nothing wrong with it", async () => {
  const scene = new Scene();
  onTestFinished(scene.cleanups.run);
  const { to } = await startSmallGateway();
  const authorizedKeysOptions = `restrict,port-forwarding,permitopen="127.0.0.1:${to.port}",command="/bin/false"`;
  const sshd = await scene.sshd({ authorizedKeysOptions });
  scene.save({ ...entryFor(sshd, 1, 1), ...gatewayAt(entryFor(sshd, await freePort(), 1), to.port) });
  await scene.startDaemon();

  const { report } = await scene.diagnose("web");

  const { diagnoses = [], cause } = report.logins[0] ?? {};
  expect(diagnoses.find(({ layer }) => layer === "remote-listener")).toMatchObject({
    state: "unknown",
    code: "key-restricted",
    seen: expect.stringContaining("cannot be seen with it"),
  });
  expect(diagnoses.find(({ layer }) => layer === "gateway")).toMatchObject({ state: "ok" });
  expect(cause).toBeNull();
});

it("looks at a host while the config cannot be read", async () => {
  const scene = new Scene();
  onTestFinished(scene.cleanups.run);
  writeFileSync(scene.paths.configFile, "{ tunnels: ");
  const { report } = await scene.diagnose(`me@127.0.0.1:${await freePort()}`);
  expect(report.diagnoses).toContainEqual(expect.objectContaining({ layer: "config", code: "config-not-json" }));
  expect(report.logins[0]).toMatchObject({ cause: { layer: "ssh-port", code: "connection-refused" } });
});

it("knows the forwards of a tunnel that only the daemon has, and goes on when the file breaks under the others", async () => {
  const scene = new Scene();
  onTestFinished(scene.cleanups.run);
  const bind = `127.0.0.1:${await freePort()}`;
  const { forwards: _none, ...login } = entryFor(shared, 1, 1);
  scene.save({ ...login, forwards: [{ local: bind, to: `127.0.0.1:${service.port}` }] });
  await scene.startDaemon();
  writeFileSync(scene.paths.configFile, "{ tunnels: ");

  const { report } = await scene.diagnose("web");

  const { diagnoses = [] } = report.logins[0] ?? {};
  expect(diagnoses.find(({ layer }) => layer === "config")).toMatchObject({ state: "warning", code: "config-not-json" });
  expect(diagnoses.find(({ layer }) => layer === "local-port")?.seen).toContain(bind);
  expect(diagnoses.find(({ layer }) => layer === "gateway")).toMatchObject({ state: "ok" });
});

it("says nothing when it is interrupted, instead of blaming what it was looking at", async () => {
  const scene = new Scene();
  onTestFinished(scene.cleanups.run);
  scene.save(entryFor(shared, await freePort(), service.port));
  expect(await scene.run(["web"], AbortSignal.abort())).toEqual({ answer: "", code: 1 });
});

it("has the first step for whoever has nothing yet", async () => {
  const scene = new Scene();
  onTestFinished(scene.cleanups.run);
  const { report } = await scene.diagnose();
  expect(report.diagnoses.map(({ layer, state }) => [layer, state])).toEqual([
    ["daemon", "ok"],
    ["config", "ok"],
    ["tunnel", "ok"],
  ]);
  expect(report.diagnoses.flatMap(commandsOf)).toContain("clawtunnel up USER@HOST");
});

function withSshd(
  options: Parameters<typeof startTestSshd>[0],
  change: (sshd: TestSshd, scene: Scene, forward: Entry["forwards"][number] | undefined) => object = () => ({}),
): SetUp["arrange"] {
  return async (scene, entry) => {
    const sshd = await scene.sshd(options);
    const [forward] = entry.forwards;
    scene.save({ ...entryFor(sshd, 1, 1), forwards: [forward], ...change(sshd, scene, forward) });
    await scene.startDaemon();
  };
}

function gatewayAt({ forwards: [forward] }: Entry, port: number): object {
  return { preset: "openclaw", forwards: [{ ...forward, to: `127.0.0.1:${port}` }], health: { openclaw: true, timeoutMs: 300 } };
}

/** A real WebSocket gateway, and a deep check whose token is in this file. */
async function withToken({ forwards: [forward] }: Entry, tokenFile: string): Promise<object> {
  const { to } = await startSmallGateway();
  return {
    preset: "openclaw",
    forwards: [{ ...forward, to: `127.0.0.1:${to.port}` }],
    health: { openclaw: true, deep: { tokenFile } },
  };
}

/** A server on which a gateway's configuration says this. */
function configuredAs(scene: Scene, config: string) {
  return { environment: { OPENCLAW_CONFIG_PATH: scene.file("openclaw.json", config) } };
}

/** A gateway that says the same to every question. */
async function answers(scene: Scene, entry: Entry, status: number, body: string): Promise<object> {
  const gateway = await startHttpService((_request, response) => void response.writeHead(status).end(body));
  scene.cleanups.add(gateway.close);
  return gatewayAt(entry, gateway.port);
}

/** The key that the server knows, in a file of the scene's own. */
function copyOfKey(scene: Scene, name: string): string {
  const path = scene.file(name, "");
  copyFileSync(shared.clientKeyPath, path);
  return path;
}

function portOf({ forwards }: Entry): number {
  return Number(forwards[0]?.local.split(":").at(-1));
}

/** A program of another name, in a process of its own, that listens on the port. */
async function otherProgram(scene: Scene, name: string, port: number, host = "127.0.0.1"): Promise<void> {
  const script = `require("node:net").createServer().listen(${port}, "${host}", () => console.log("listens"));`;
  const path = scene.file(name, script);
  const child = spawn(process.execPath, [path], { stdio: ["ignore", "pipe", "inherit"] });
  endLater(scene, child);
  await once(createInterface({ input: child.stdout }), "line");
}

function endLater(scene: Scene, child: ChildProcess): void {
  scene.cleanups.add(async () => {
    const exited = once(child, "exit");
    if (child.exitCode === null && child.kill("SIGKILL")) await exited;
  });
}

/** A target at which something says these words to everyone, and perhaps hangs up. */
async function says(scene: Scene, words: string, hangsUp = false): Promise<string> {
  const service = await startTcpService((socket) => {
    socket.resume();
    if (hangsUp) socket.end(words);
    else socket.write(words);
  });
  scene.cleanups.add(service.close);
  return `me@127.0.0.1:${service.port}`;
}
