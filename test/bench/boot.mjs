import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Box, makeStateDir, removeLeftovers, user, whyNoBox } from "../systemd/box.mjs";
import { makeFurniture, makeLayers, packProduct, target } from "../systemd/product.mjs";
import { untilGone } from "./processes.mjs";
import { inScope } from "./support.mjs";

const suite = "bookworm";
const rounds = 7;
const port = 8080;
// The service is the box's own sshd, which greets: a byte that only came through the tunnel, from nothing that would have to be started.
const forward = `${port}:127.0.0.1:22`;
const byteMaxMs = 120_000;
const lateByS = 2;
const late = "/etc/systemd/system/ssh.service.d";

/** The unit that OpenClaw's documentation has for this. */
const plainUnit = `[Unit]
Description=SSH tunnel

[Service]
ExecStart=/usr/bin/ssh -N -L ${forward} ${target}
Restart=always
RestartSec=10

[Install]
WantedBy=default.target
`;

const clawtunnel = {
  unit: "clawtunnel.service",
  prepare: async (box) => {
    await done(box.user(["clawtunnel", "add", "tunnel", target, "-L", forward]));
  },
  install: ["clawtunnel", "install"],
  uninstall: ["clawtunnel", "uninstall"],
};

const plain = {
  unit: "tunnel.service",
  prepare: async (box) => {
    const path = `${user.home}/.config/systemd/user/tunnel.service`;
    await done(box.user(["sh", "-c", `mkdir -p $(dirname ${path}) && cat >${path}`], { input: plainUnit }));
    await done(box.user(["systemctl", "--user", "daemon-reload"]));
  },
  install: ["systemctl", "--user", "enable", "--now", "tunnel.service"],
  uninstall: ["systemctl", "--user", "disable", "--now", "tunnel.service"],
};

/** What a service manager is for, on a real systemd, beside a plain unit there. */
export async function boot(scope) {
  const problem = whyNoBox(suite);
  if (problem !== undefined) {
    console.error(`  left out: ${problem}`);
    return [];
  }
  removeLeftovers();
  const product = await packProduct();
  scope.defer(product.dispose);
  const furniture = await makeFurniture(product);
  scope.defer(furniture.dispose);
  const { layers, dispose } = await makeLayers(suite, furniture.dir);
  scope.defer(dispose);

  const own = await inScope(scope, (part) => measure(part, layers, clawtunnel));
  const peer = await inScope(scope, (part) => measure(part, layers, plain));
  const gaps = await inScope(scope, (part) => measureTakeOvers(part, layers));
  const beside = (name) => ({ name: "plain unit", samples: peer[name] });
  const goal = { ratioMax: 1 };
  return [
    {
      what: "boot (systemd starts) → first byte, nobody logged in",
      unit: "ms",
      clawtunnel: own.boots,
      peer: beside("boots"),
      goal,
    },
    {
      what: `the same, and the server is there ${lateByS} s late, as a network may be`,
      unit: "ms",
      clawtunnel: own.lateBoots,
      peer: beside("lateBoots"),
      goal,
    },
    { what: "daemon or ssh killed → first byte", unit: "ms", clawtunnel: own.crashes, peer: beside("crashes"), goal },
    { what: "`install` or `enable --now` → first byte", unit: "ms", clawtunnel: own.firstBytes, peer: beside("firstBytes"), goal },
    { what: "`install` or `enable --now` → its answer", unit: "ms", clawtunnel: own.answers, peer: beside("answers") },
    { what: "`install` over a daemon that runs by hand: nobody served", unit: "ms", clawtunnel: gaps, goal: { worstMax: 2_000 } },
  ];
}

async function measure(scope, layers, contender) {
  const { box, prober } = await makeBox(scope, layers);
  await contender.prepare(box);
  const measured = { answers: [], firstBytes: [], crashes: [] };
  for (let round = 0; round < rounds; round += 1) {
    if (round > 0) await done(box.user(contender.uninstall));
    const startedMs = nowMs();
    const answered = done(box.user(contender.install)).then(() => measured.answers.push(nowMs() - startedMs));
    measured.firstBytes.push((await untilByte(prober)) - startedMs);
    await answered;
  }
  for (let round = 0; round < rounds; round += 1) {
    const pid = hostPid(box, await show(box, contender.unit, "MainPID"));
    const killedMs = nowMs();
    process.kill(pid, "SIGKILL");
    await untilGone(pid);
    measured.crashes.push((await untilByte(prober)) - killedMs);
  }
  measured.boots = await measureBoots(box, prober);
  await done(box.root(["sh", "-c", `mkdir -p ${late} && printf '[Service]\\nExecStartPre=/bin/sleep ${lateByS}\\n' >${late}/late.conf`]));
  measured.lateBoots = await measureBoots(box, prober);
  return measured;
}

/** From the first moment of its systemd to the first byte. */
async function measureBoots(box, prober) {
  const boots = [];
  for (let round = 0; round < rounds; round += 1) {
    await box.powerOff();
    const byte = untilByte(prober);
    await box.switchOn();
    const atMs = await byte;
    const { stdout } = await done(box.root(["systemctl", "show", "--property=UserspaceTimestampMonotonic", "--value"]));
    boots.push(atMs - Number(stdout) / 1000);
  }
  return boots;
}

async function measureTakeOvers(scope, layers) {
  const { box, prober } = await makeBox(scope, layers);
  const gaps = [];
  for (let round = 0; round < rounds; round += 1) {
    if (round > 0) await done(box.user(clawtunnel.uninstall));
    await done(box.user(["clawtunnel", "up", ...(round > 0 ? ["tunnel"] : [target, "-L", forward, "--name", "tunnel"])]));
    await prober.ask({ do: "watch", port });
    await done(box.user(clawtunnel.install));
    await untilByte(prober);
    gaps.push((await prober.ask({ do: "unwatch" })).gapMs);
  }
  return gaps;
}

async function makeBox(scope, layers) {
  const prober = await startProber(scope);
  const box = new Box({ layers, stateDir: makeStateDir(), networkOf: prober.pid });
  scope.defer(() => box.dispose());
  await box.boot();
  await done(box.root(["loginctl", "enable-linger", user.name]));
  await done(box.root(["systemctl", "start", `user@${user.uid}.service`]));
  return { box, prober };
}

async function startProber(scope) {
  const file = fileURLToPath(new URL("./boot-prober.mjs", import.meta.url));
  // A network that systemd did not make has no loopback until somebody wants it.
  const words = ["--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", process.execPath, file];
  const child = spawn("unshare", words, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const exited = once(child, "exit");
  scope.defer(async () => {
    child.kill();
    await exited;
  });
  await once(child, "message");
  const ask = async (order) => {
    const answer = once(child, "message");
    child.send(order);
    const [reply] = await Promise.race([answer, exited.then(() => [{ error: "the prober ended" }])]);
    if (reply.error !== undefined) throw new Error(reply.error);
    return reply;
  };
  return { pid: child.pid, ask };
}

async function untilByte(prober) {
  return (await prober.ask({ do: "firstByte", port, timeoutMs: byteMaxMs })).atMs;
}

async function done(running) {
  const answer = await running;
  if (answer.code !== 0) throw new Error(`a command in the box ended with ${answer.code}: ${answer.stdout}${answer.stderr}`);
  return answer;
}

async function show(box, unit, property) {
  return (await done(box.user(["systemctl", "--user", "show", unit, `--property=${property}`, "--value"]))).stdout.trim();
}

/** How this machine calls the process that the box calls `pid`. */
function hostPid(box, pid) {
  const space = readlinkSync(`/proc/${box.leader}/ns/pid`);
  const found = readdirSync("/proc").find((name) => {
    try {
      return readlinkSync(`/proc/${name}/ns/pid`) === space && readFileSync(`/proc/${name}/status`, "utf8").includes(`\t${pid}\nNSpgid:`);
    } catch {
      return false; // no process, or gone by now
    }
  });
  if (found === undefined) throw new Error(`the box has no process ${pid}`);
  return Number(found);
}

function nowMs() {
  return Number(process.hrtime.bigint()) / 1e6;
}
