import { setTimeout as delay } from "node:timers/promises";
import { makeHome, openSsh, tunnelEntry } from "./contenders.mjs";
import { startService } from "./helpers.mjs";
import { memoryOf } from "./processes.mjs";
import { startSshd } from "./sshd.mjs";
import { createScope, freePort } from "./support.mjs";

const readingsCount = 7;
const settleMs = 3_000;
const betweenMs = 500;

/** Idle tunnels to one server: one daemon with all of them, beside one ssh process for each. */
export async function memory(scope, { isFull }) {
  const sshd = await startSshd(scope);
  const service = await startService(scope, "http");
  const rows = [];
  const pss = {};
  for (const count of [1, 50, 500]) {
    const daemon = await sample((own) => startDaemon(own, sshd, service, count));
    const processes = count === 500 && !isFull ? undefined : await sample((own) => startProcesses(own, sshd, service, count));
    pss[count] = daemon.pss;
    for (const kind of ["pss", "rss"]) {
      rows.push({
        what: `${kind.toUpperCase()} with ${count} ${count === 1 ? "tunnel" : "tunnels"}`,
        unit: "MiB",
        clawtunnel: daemon[kind],
        ...(processes && { peer: { name: `${count} × ssh`, samples: processes[kind] } }),
        ...(count === 1 && kind === "pss" && { goal: { max: 75 } }),
      });
    }
  }
  for (const count of [50, 500]) {
    const perTunnel = pss[count].map((value, index) => (value - pss[1][index]) / (count - 1));
    rows.push({ what: `PSS for each further tunnel, of ${count}`, unit: "MiB", clawtunnel: perTunnel, goal: { max: 0.2 } });
  }
  return rows;
}

/** Several readings of the same processes, after they have come to rest. */
export async function sample(start, readings = readingsCount) {
  const scope = createScope();
  try {
    const pids = await start(scope);
    const sums = { rss: [], pss: [] };
    await delay(settleMs);
    for (let reading = 0; reading < readings; reading += 1) {
      const sizes = pids.map(memoryOf);
      for (const kind of ["rss", "pss"]) sums[kind].push(sizes.reduce((sum, size) => sum + size[kind], 0));
      await delay(betweenMs);
    }
    return sums;
  } finally {
    await scope.end();
  }
}

async function startDaemon(scope, sshd, service, count) {
  const home = makeHome(scope);
  const tunnels = {};
  for (let index = 0; index < count; index += 1) tunnels[`tunnel-${index}`] = tunnelEntry(sshd, await freePort(), service.port);
  home.writeConfig({ tunnels });
  await home.run(["up", "--wait", "120"]);
  return [await home.daemonPid()];
}

async function startProcesses(scope, sshd, service, count) {
  const pids = [];
  for (let index = 0; index < count; index += 1) pids.push((await openSsh(scope, sshd, service.port)).pid);
  return pids;
}
