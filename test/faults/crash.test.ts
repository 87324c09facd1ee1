import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { hasEnded } from "../../src/base/process-identity.js";
import { livingHolder } from "../../src/daemon/lock/lock-holder.js";
import { fetchText, isVerified, makeHome, makeSshd, readConfig, tunnels } from "../e2e/scene.js";
import type { Home } from "../support/clawtunnel.js";
import { askEcho, startEchoService } from "../support/echo-service.js";
import { type FaultProxy, startFaultProxy } from "../support/fault-proxy.js";
import { type Random, randomFromEnv } from "../support/random.js";
import { hasProc } from "../support/resources.js";
import { freePort } from "../support/sshd.js";
import { until } from "../support/until.js";
import { AcknowledgedTunnels } from "./crash-model.js";
import { pick, tell } from "./extent.js";
import { entryThrough, fastTiming, writeConfig } from "./scene.js";

const rounds = pick({ short: 25, full: 200 });
const tunnelsMax = 5;

/** What is going on when the daemon is killed, and within how long of its beginning. */
interface Action {
  readonly what: string;
  readonly killWithinMs: number;
  run(): Promise<unknown>;
}

interface CrashScene {
  readonly home: Home;
  readonly proxy: FaultProxy;
  readonly random: Random;
  readonly acknowledged: AcknowledgedTunnels;
  readonly newEntry: () => Promise<{ name: string; port: number; entry: Record<string, unknown> }>;
}

it.skipIf(!hasProc)(
  `loses nothing that was acknowledged when the daemon is killed ${rounds} times, and always starts again`,
  { timeout: rounds * 10_000 },
  async () => {
    const scene = await makeCrashScene();
    const { home, random, acknowledged } = scene;
    tell(`crash: CLAWTUNNEL_FAULT_SEED=${random.seed}`);
    let pid = await startDaemon(scene);
    await expectAllAsAcknowledged(scene, `seed ${random.seed}, before the first round`);
    for (let round = 1; round <= rounds; round += 1) {
      const action = await chooseAction(scene);
      const place = `seed ${random.seed}, round ${round}, ${action.what}`;
      const acting = action.run();
      acting.catch(() => {});
      await delay(random.chance() * action.killWithinMs);
      process.kill(pid, "SIGKILL");
      await until(() => hasEnded(pid));
      await acting.catch(() => {});
      // `up` may have been quick enough to start another one.
      await killDaemon(home);
      expect(processesOf(home), place).toEqual([]);
      expect(Object.keys(readConfig(home).tunnels), place).toEqual(expect.arrayContaining([...savedNames(acknowledged)]));
      // Nobody has been taken down yet where there is none.
      if (existsSync(home.paths.stateFile)) expect(() => JSON.parse(readFileSync(home.paths.stateFile, "utf8")), place).not.toThrow();
      if (random.chance() < 0.25) await killWhileItStarts(scene);

      pid = await startDaemon(scene);
      await expectAllAsAcknowledged(scene, place);
    }
    tell(`crash: left behind by ${rounds} rounds: ${leftovers(home).join(", ") || "nothing"}`);
  },
);

async function makeCrashScene(): Promise<CrashScene> {
  const [sshd, service] = await Promise.all([makeSshd(), startEchoService()]);
  onTestFinished(service.close);
  const proxy = await startFaultProxy(sshd.port, await freePort());
  onTestFinished(proxy.dispose);
  const home = makeHome();
  let count = 0;
  const newEntry = async () => {
    count += 1;
    const port = await freePort();
    return { name: `t${count}`, port, entry: entryThrough(proxy, sshd, port, service.port) };
  };
  const acknowledged = new AcknowledgedTunnels();
  const first = await newEntry();
  await acknowledged.change(first.name, { port: first.port, isSaved: true, isDown: false }, async () =>
    writeConfig(home, { defaults: fastTiming, tunnels: { [first.name]: first.entry } }),
  );
  return { home, proxy, random: randomFromEnv(), acknowledged, newEntry };
}

/** One time in three as `up` does it, in the background; else in the foreground, as a service manager does. */
async function startDaemon({ home, random, acknowledged }: CrashScene): Promise<number> {
  const [name] = acknowledged.names(false);
  if (name !== undefined && random.chance() < 0.33) {
    const up = await home.run("up", name);
    expect(up.code, up.stdout + up.stderr).toBe(0);
  } else home.start("daemon");
  const { daemon } = await until(() => home.daemon.status());
  expect(livingHolder(home.paths.lockFile)?.pid).toBe(daemon.pid);
  return daemon.pid;
}

async function chooseAction(scene: CrashScene): Promise<Action> {
  const { home, proxy, random, acknowledged, newEntry } = scene;
  const { name, port, entry } = await newEntry();
  const ups = acknowledged.names(false);
  const up = ups[random.between(0, ups.length - 1)];
  const [down] = acknowledged.names(true);
  const isNew = { port, isSaved: true, isDown: false };
  const actions: [Action, ...Action[]] = [
    {
      what: "reconnect",
      killWithinMs: 100,
      run: async () => proxy.use({ kind: "cut", by: random.pick(["reset", "end"]) }, "live"),
    },
  ];
  if (up !== undefined) {
    actions.push({
      what: `down ${up}`,
      killWithinMs: 30,
      run: () => acknowledged.change(up, { isDown: true }, () => home.daemon.down(up)),
    });
  }
  if (down !== undefined) {
    actions.push({
      what: `up ${down}`,
      killWithinMs: 60,
      run: () => acknowledged.change(down, { isDown: false }, () => home.daemon.up(down, {})),
    });
  }
  if (acknowledged.all.size < tunnelsMax) {
    actions.push(
      {
        what: `up of the new ${name}`,
        killWithinMs: 500,
        run: () => acknowledged.change(name, isNew, () => home.daemon.create({ name, tunnel: entry })),
      },
      { what: `add ${name}`, killWithinMs: 700, run: () => acknowledged.change(name, isNew, () => addByCommand(scene, name, entry)) },
      {
        what: `edit of the file: ${name}`,
        killWithinMs: 250,
        run: () => acknowledged.change(name, isNew, async () => addByEdit(home, name, entry)),
      },
    );
  }
  if (up !== undefined && acknowledged.all.size > 1) {
    actions.push({
      what: `remove ${up}`,
      killWithinMs: 250,
      run: () => acknowledged.change(up, { isSaved: false }, () => home.daemon.remove(up)),
    });
  }
  return random.pick(actions);
}

/** The command itself is killed half of the time: it writes the file without the daemon. */
async function addByCommand({ home, random }: CrashScene, name: string, entry: Record<string, unknown>): Promise<void> {
  const [{ local, to }] = entry.forwards as [{ local: string; to: string }];
  const words = ["-L", `${local}:${to}`, "-i", `${(entry.identities as string[])[0]}`];
  const hosts = ["-o", `UserKnownHostsFile=${(entry.knownHosts as string[])[0]}`, "-o", "GlobalKnownHostsFile=/dev/null"];
  const command = home.start("add", name, `${entry.target}`, ...words, ...hosts);
  if (random.chance() < 0.5) {
    await delay(random.between(200, 500));
    command.child.kill("SIGKILL");
  }
  const { code, stderr } = await command.ended;
  if (code !== 0) throw new Error(stderr);
}

function addByEdit(home: Home, name: string, entry: Record<string, unknown>): void {
  const config = readConfig(home);
  writeConfig(home, { ...config, tunnels: { ...config.tunnels, [name]: entry } });
}

/** Between its first breath and its last preparation. */
async function killWhileItStarts({ home, random }: CrashScene): Promise<void> {
  const { child, ended } = home.start("daemon");
  await delay(random.between(0, 400));
  child.kill("SIGKILL");
  await ended;
}

async function killDaemon(home: Home): Promise<void> {
  const pid = home.daemonPid();
  if (pid === undefined) return;
  process.kill(pid, "SIGKILL");
  await until(() => hasEnded(pid));
}

/** Every tunnel that is to be up is verified on its own port, every other one is down, and the file has them all. */
async function expectAllAsAcknowledged({ home, acknowledged }: CrashScene, place: string): Promise<void> {
  const before = await tunnels(home);
  const saved = Object.keys(readConfig(home).tunnels);
  acknowledged.settle(
    (name) => saved.includes(name),
    (name) => before.find((tunnel) => tunnel.name === name)?.phase === "stopped",
  );
  expect(saved.sort(), place).toEqual([...acknowledged.all.keys()].sort());
  const wantedUp = acknowledged.names(false);
  await until(async () => {
    const now = await tunnels(home);
    return wantedUp.every((name) => now.some((tunnel) => tunnel.name === name && isVerified(tunnel) && tunnel.forwards[0]?.listening));
  }).catch(async (error) => {
    throw new Error(`${place}: ${JSON.stringify(await tunnels(home))}`, { cause: error });
  });
  const now = await tunnels(home);
  expect(
    now
      .filter(({ phase }) => phase === "stopped")
      .map(({ name }) => name)
      .sort(),
    place,
  ).toEqual(acknowledged.names(true).sort());
  for (const [name, { port, isDown }] of acknowledged.all) {
    if (isDown === true) await expect(fetchText(port), place).rejects.toMatchObject({ code: "ECONNREFUSED" });
    else expect(await askEcho(port, { id: name, bytes: 1_000 }), place).toEqual({ kind: "right" });
  }
}

function savedNames(acknowledged: AcknowledgedTunnels): string[] {
  return [...acknowledged.names(false), ...acknowledged.names(true)];
}

/** Of this home, whoever their parent is now. */
function processesOf(home: Home): string[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && !hasEnded(Number(entry)))
    .flatMap((pid) => {
      try {
        const isOwn = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`CLAWTUNNEL_HOME=${home.dir}`);
        return isOwn ? [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")}`] : [];
      } catch {
        return [];
      }
    });
}

/** Files that nobody will ever use again. */
function leftovers(home: Home): string[] {
  const folders = [dirname(home.paths.configFile), home.paths.stateDir];
  const known = new Set([home.paths.configFile, home.paths.stateFile, home.paths.lockFile, home.paths.logFile]);
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [`${folder}/${entry.name}`] : [])),
  );
  return files
    .filter((file) => !known.has(file) && !/config\.schema\.json$|daemon\.log\.\d$/.test(file))
    .map((file) => file.slice(home.dir.length));
}
