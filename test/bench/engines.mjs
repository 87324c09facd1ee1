import { checkEngine, makeHome, openClawtunnel, openSsh } from "./contenders.mjs";
import { startClient, startService } from "./helpers.mjs";
import { measureRoundTrips } from "./latency.mjs";
import { sample } from "./memory.mjs";
import { descendantsOf } from "./processes.mjs";
import { autossh15, makeClawtunnel } from "./recovery-contenders.mjs";
import { measureDrop } from "./recovery-killed.mjs";
import { startSshd } from "./sshd.mjs";
import { sampleSsh, sampleUp } from "./start.mjs";
import { inScope } from "./support.mjs";
import { directions, measureThroughput } from "./throughput.mjs";

const engines = ["ssh2", "openssh"];
const mib = 1024 * 1024;

const usual = { starts: 7, drops: 7, streams: 7, bytes: 256 * mib, trips: 5, tripCount: 2000, readings: 7 };
/** To see that everything is measured, not how fast it is. */
const quick = { starts: 1, drops: 1, streams: 1, bytes: 64 * mib, trips: 1, tripCount: 500, readings: 1 };

/** Both engines, and the `ssh` that one of them runs, in turns. The goals are the openssh engine's. */
export async function measureEngines(scope, { isQuick }) {
  const scale = isQuick ? quick : usual;
  const rows = [];
  for (const measure of [measureStarts, measureDrops, measureStreams, measureTrips, measureMemory]) {
    console.error(`  ${measure.name} …`);
    rows.push(...(await inScope(scope, (own) => measure(own, scale))));
  }
  return rows;
}

async function measureStarts(scope, { starts }) {
  const sshd = await startSshd(scope);
  const service = await startService(scope, "http");
  const cold = { ssh2: [], openssh: [], ssh: [] };
  const warm = { ssh2: [], openssh: [], ssh: cold.ssh };
  for (let round = 0; round < starts; round += 1) {
    for (const engine of engines) {
      await inScope(scope, async (own) => {
        const home = makeHome(own);
        for (const samples of [cold, warm]) samples[engine].push(await sampleUp(home, sshd, service, engine));
        await checkEngine(home, engine);
      });
    }
    cold.ssh.push(await inScope(scope, (own) => sampleSsh(own, sshd, service)));
  }
  return [
    { what: "`up` with no daemon → first byte", unit: "ms", ...besideSsh(cold) },
    { what: "`up` with the daemon running → first byte", unit: "ms", ...besideSsh(warm) },
  ];
}

async function measureDrops(scope, { drops }) {
  const service = await startService(scope, "http");
  const contenders = { ssh2: makeClawtunnel("ssh2"), openssh: makeClawtunnel("openssh"), autossh: autossh15 };
  const samples = { ssh2: [], openssh: [], autossh: [] };
  for (let round = 0; round < drops; round += 1) {
    for (const [name, contender] of Object.entries(contenders)) samples[name].push(await measureDrop(scope, contender, service.port));
  }
  const { autossh, ...own } = samples;
  const peer = { name: "autossh", samples: autossh };
  return [{ what: "session killed on the server → first byte", unit: "ms", engines: own, peer, goal: { ratioMax: 1.2 } }];
}

async function measureStreams(scope, { streams, bytes }) {
  const client = await startClient(scope);
  const rows = [];
  for (const { what, order, kind } of directions) {
    const contenders = await openAll(scope, kind);
    const samples = await measureThroughput(client, contenders, { order, bytes, rounds: streams });
    rows.push({ what: `one stream of ${bytes / mib} MiB ${what}`, unit: "MiB/s", ...besideSsh(samples), goal: { ratioMin: 0.8 } });
  }
  return rows;
}

async function measureTrips(scope, { trips, tripCount }) {
  const client = await startClient(scope);
  const contenders = await openAll(scope, "echo");
  const rows = [];
  for (const [size, label] of [
    [1, "1 byte"],
    [1024, "1 KiB"],
  ]) {
    const samples = await measureRoundTrips(client, contenders, { size, count: tripCount, rounds: trips });
    for (const [percentile, name] of [
      ["p50", "median"],
      ["p99", "99th percentile"],
    ]) {
      const pick = ([who, measured]) => [who, measured.map((each) => each[percentile])];
      rows.push({
        what: `round trip of ${label}, ${name}`,
        unit: "µs",
        ...besideSsh(Object.fromEntries(Object.entries(samples).map(pick))),
      });
    }
  }
  return rows;
}

/** Of the daemon, and of the ssh that it runs. */
async function measureMemory(scope, { readings }) {
  const sshd = await startSshd(scope);
  const service = await startService(scope, "http");
  const samples = {};
  for (const engine of engines) {
    samples[engine] = await sample(async (own) => {
      const { pid } = await openClawtunnel(own, sshd, service.port, engine);
      return [pid, ...descendantsOf(pid)];
    }, readings);
  }
  samples.ssh = await sample(async (own) => [(await openSsh(own, sshd, service.port)).pid], readings);
  const pss = Object.fromEntries(Object.entries(samples).map(([who, sizes]) => [who, sizes.pss]));
  return [{ what: "memory of one session, proportional", unit: "MiB", ...besideSsh(pss) }];
}

async function openAll(scope, kind) {
  const sshd = await startSshd(scope);
  const { port } = await startService(scope, kind);
  return {
    ssh2: await openClawtunnel(scope, sshd, port, "ssh2"),
    openssh: await openClawtunnel(scope, sshd, port, "openssh"),
    ssh: await openSsh(scope, sshd, port),
  };
}

function besideSsh({ ssh, ...own }) {
  return { engines: own, peer: { name: "ssh -N -L", samples: ssh } };
}
