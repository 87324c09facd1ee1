import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { hasEnded } from "../../src/base/process-identity.js";
import type { TunnelStatus } from "../../src/tunnel/status.js";
import { hasTerminal } from "../support/clawtunnel.js";
import { hasAutossh, hasSsh, type SshForwardOptions, startSshForward } from "../support/ssh-client.js";
import { until } from "../support/until.js";
import { entryFor, fetchText, isVerified, makeScene, readConfig, type Scene, tunnels, untilTunnel } from "./scene.js";

it("takes the next free port, says so everywhere, remembers it over a crash, and gives it back to nobody's harm", async () => {
  const scene = await makeScene();
  const { home, port, words } = scene;
  const holder = await startHolder(port);
  const neighbour = await startHolder(port + 1).catch(() => undefined);

  const up = await home.run("up", ...words, "--name", "web", "--on-port-busy", "next");

  expect(up.code, up.stdout + up.stderr).toBe(0);
  const { forwards } = await untilTunnel(home, "web", isVerified);
  const other = portOf(forwards[0]?.bind);
  expect(other).toBeGreaterThan(port + 1);
  expect(forwards).toMatchObject([{ bind: `127.0.0.1:${other}`, wantedBind: `127.0.0.1:${port}`, listening: true }]);
  expect(up.stdout).toContain(`  127.0.0.1:${other} -> `);
  expect(up.stdout).toContain(`warning: 127.0.0.1:${port} is already in use by pid ${process.pid}`);
  expect(up.stdout).toContain(`this forward is at 127.0.0.1:${other} meanwhile`);
  expect((await home.run("url", "web")).stdout).toBe(`127.0.0.1:${other}\n`);
  expect(await fetchText(other)).toBe("ok\n");
  expect((await home.run("logs", "web")).stdout).toContain(`the forward is at 127.0.0.1:${other} meanwhile`);
  expect(readConfig(home).tunnels.web).toMatchObject({ onPortBusy: "next" });

  // A nearer port is free for the daemon that comes next, and still it takes the one that people know by now.
  await neighbour?.end();
  await crash(scene);
  await home.run("up");
  expect((await untilTunnel(home, "web", isVerified)).forwards[0]?.bind).toBe(`127.0.0.1:${other}`);

  const changes = followChanges(scene);
  await until(() => changes.length > 0);
  expect(changes[0]?.forwards[0]?.bind).toBe(`127.0.0.1:${other}`);
  await holder.end();
  const isBack = (tunnel: TunnelStatus) => tunnel.forwards[0]?.bind === `127.0.0.1:${port}`;
  await until(() => changes.some(isBack));
  expect(changes.find(isBack)).toMatchObject({ phase: "up", forwards: [{ warning: null }] });
  expect(await fetchText(port)).toBe("ok\n");
  await expect(dial(other)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  expect(await tunnels(home)).toMatchObject([{ lastOutage: { cause: "daemon-died" } }]);
  expect((await home.run("logs", "web")).stdout).toContain("the forward is back there");
});

it("forgets the ports of what the config no longer has", async () => {
  const { home, sshd, service, port } = await makeScene();
  const ports = { gone: { "127.0.0.1:1": 2 }, web: { "127.0.0.1:3": 4, [`127.0.0.1:${port}`]: 5 } };
  mkdirSync(home.paths.stateDir, { recursive: true, mode: 0o700 });
  writeFileSync(home.paths.portsFile, JSON.stringify({ ports }));
  writeFileSync(home.paths.configFile, JSON.stringify({ tunnels: { web: entryFor(sshd, port, service.port) } }));

  home.start("daemon");
  await until(() => home.daemon.status());

  expect(JSON.parse(readFileSync(home.paths.portsFile, "utf8"))).toEqual({ ports: { web: { [`127.0.0.1:${port}`]: 5 } } });
});

it("does not take a port that another tunnel wants, also while that one is down", async () => {
  const { home, sshd, service, port } = await makeScene();
  const holder = await startHolder(port);
  const entry = (localPort: number) => entryFor(sshd, localPort, service.port);
  const config = { defaults: { onPortBusy: "next" }, tunnels: { web: entry(port), neighbour: entry(port + 1) } };
  await home.run("add", "neighbour", "nobody@127.0.0.1", "-L", `${port + 1}:127.0.0.1:1`);
  await home.run("up", "neighbour", "--wait", "0");
  await home.run("down", "neighbour");
  writeFileSync(home.paths.configFile, JSON.stringify(config));

  const web = await untilTunnel(home, "web", isVerified);

  expect(portOf(web.forwards[0]?.bind)).toBeGreaterThan(port + 1);
  await holder.end();
});

it("takes the other loopback address as soon as it is free, and warns of it no more", async () => {
  const scene = await makeScene();
  const { home, port, words } = scene;
  const squatter = await startHolder(port, "::1").catch(() => undefined);
  if (squatter === undefined) return;
  await home.run("up", ...words, "--name", "web");
  const changes = followChanges(scene);
  await until(() => changes.length > 0);
  expect(changes[0]?.forwards[0]?.warning).toContain(`[::1]:${port} is already in use by pid ${process.pid}`);

  await squatter.end();

  await until(() => changes.some(({ forwards }) => forwards[0]?.warning === null));
  expect(await (await fetch(`http://[::1]:${port}`)).text()).toBe("ok\n");
  expect(await tunnels(home)).toMatchObject([{ phase: "up", reconnects: 0, forwards: [{ warning: null }] }]);
  const logged = (await home.run("logs", "web")).stdout;
  expect(logged.split(`127.0.0.1:${port} has the other loopback address as well now`)).toHaveLength(2);
});

it.skipIf(!hasSsh)("names an old ssh of this very forward, says how it can be replaced, and replaces it when it is told to", async () => {
  const scene = await makeScene();
  const { home, port, words } = scene;
  const ssh = await startOldSsh(scene);

  const up = await home.run("up", ...words, "--name", "web");
  expect(up.code).toBe(5);
  expect(up.stdout).toContain(`an ssh forward of yours, pid ${ssh.pid}`);
  expect(up.stdout).toContain("`clawtunnel up web --on-port-busy replace`");
  expect(await tunnels(home)).toMatchObject([{ phase: "held", failure: { code: "port-busy" }, prompt: null }]);
  expect(ssh.hasEnded()).toBe(false);

  const replace = await home.run("up", "web", "--on-port-busy", "replace");
  expect(replace.code, replace.stdout + replace.stderr).toBe(0);
  await until(() => ssh.hasEnded());
  expect(await fetchText(port)).toBe("ok\n");
  const logged = (await home.run("logs", "web")).stdout;
  expect(logged).toMatch(new RegExp(`warn web: a stale ssh with this very forward was ended: pid ${ssh.pid} \\(ssh `));
  // For that time only: the config stays as it was.
  expect(readConfig(home).tunnels.web).not.toHaveProperty("onPortBusy");
});

it.skipIf(!hasSsh).each(["when the daemon starts", "when the config is edited"])("replaces it without a question %s", async (when) => {
  const scene = await makeScene();
  const { home, sshd, service, port } = scene;
  if (when === "when the config is edited") await home.run("up");
  const ssh = await startOldSsh(scene);
  mkdirSync(home.dir, { recursive: true, mode: 0o700 });
  writeFileSync(
    home.paths.configFile,
    JSON.stringify({ tunnels: { web: { ...entryFor(sshd, port, service.port), onPortBusy: "replace" } } }),
  );
  if (when === "when the daemon starts") home.start("daemon");

  await untilTunnel(home, "web", isVerified);

  await until(() => ssh.hasEnded());
  expect(await fetchText(port)).toBe("ok\n");
});

it("ends nothing that is not this very forward, whatever it is told", async () => {
  const { home, port, words } = await makeScene();
  const holder = await startHolder(port);

  const up = await home.run("up", ...words, "--name", "web", "--on-port-busy", "replace");

  expect(up.code).toBe(5);
  expect(up.stdout).toContain(`pid ${process.pid}`);
  expect(up.stdout).not.toContain("--on-port-busy replace");
  expect(await tunnels(home)).toMatchObject([{ phase: "held", failure: { code: "port-busy" }, prompt: null }]);
  await holder.end();
  await untilTunnel(home, "web", isVerified);
});

it.skipIf(!hasTerminal || !hasSsh)("asks in a terminal before it ends an old ssh, and takes the port on yes", async () => {
  const scene = await makeScene();
  const { home, port, words } = scene;
  const ssh = await startOldSsh(scene);
  const up = home.startInTerminal("up", ...words, "--name", "web", "--on-port-busy", "replace");

  await until(() => up.stdout().includes("End it and take the port? [y/N] "));
  expect(up.stdout()).toContain(`127.0.0.1:${port} is held by an old ssh with this very forward: pid ${ssh.pid}`);
  expect(await tunnels(home)).toMatchObject([{ prompt: { kind: "port-owner", bind: `127.0.0.1:${port}`, pid: ssh.pid } }]);
  expect(ssh.hasEnded()).toBe(false);
  up.type("y\r");

  expect((await up.ended).code, up.stdout()).toBe(0);
  expect(up.stdout()).toContain("verified");
  await until(() => ssh.hasEnded());
  expect(await fetchText(port)).toBe("ok\n");
});

it.skipIf(!hasTerminal || !hasSsh)("leaves the old ssh alone without a yes, and has the port when it has ended by itself", async () => {
  const scene = await makeScene();
  const { home, words } = scene;
  const ssh = await startOldSsh(scene);
  const up = home.startInTerminal("up", ...words, "--name", "web", "--on-port-busy", "replace");

  await until(() => up.stdout().includes("[y/N] "));
  up.type("\r");

  expect((await up.ended).code, up.stdout()).toBe(5);
  expect(ssh.hasEnded()).toBe(false);
  expect(await tunnels(home)).toMatchObject([{ phase: "held", prompt: { pid: ssh.pid } }]);
  await ssh.end();
  expect(await untilTunnel(home, "web", isVerified)).toMatchObject({ prompt: null });
});

it.skipIf(!hasAutossh)("ends an autossh with its ssh, so that it starts no other", async () => {
  const scene = await makeScene();
  const { home, port, words } = scene;
  const autossh = await startOldSsh(scene, { program: "autossh", words: ["-M", "0", "-N"] });

  const up = await home.run("up", ...words, "--name", "web", "--on-port-busy", "replace");

  expect(up.code, up.stdout + up.stderr).toBe(0);
  await until(() => autossh.hasEnded());
  expect(await fetchText(port)).toBe("ok\n");
  await untilTunnel(home, "web", isVerified);
});

async function startOldSsh({ home, sshd, service, port }: Scene, options?: SshForwardOptions) {
  const ssh = await startSshForward(sshd, port, service.port, { userHome: home.userDir, ...options });
  onTestFinished(ssh.end);
  return ssh;
}

/** This very process has the port. */
async function startHolder(port: number, host = "127.0.0.1"): Promise<{ end(): Promise<void> }> {
  const server = createServer((socket) => socket.destroy());
  server.listen({ port, host, exclusive: true });
  await once(server, "listening");
  const end = async () => {
    if (!server.listening) return;
    server.close();
    await once(server, "close");
  };
  onTestFinished(end);
  return { end };
}

/** The daemon goes without a word, as in a power cut. */
async function crash({ home }: Scene): Promise<void> {
  const pid = home.daemonPid() ?? 0;
  expect(pid).toBeGreaterThan(0);
  process.kill(pid, "SIGKILL");
  await until(() => hasEnded(pid));
}

/** What the stream of events tells, as it comes. */
function followChanges({ home }: Scene): readonly TunnelStatus[] {
  const abort = new AbortController();
  const changes: TunnelStatus[] = [];
  const reading = (async () => {
    for await (const { tunnel } of home.daemon.events(abort.signal)) changes.push(tunnel);
  })();
  onTestFinished(async () => {
    abort.abort();
    await reading;
  });
  return changes;
}

function portOf(bind = ""): number {
  return Number(bind.split(":").at(-1));
}

async function dial(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}
