import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { makeHome, sshArgs, tunnelEntry } from "./contenders.mjs";
import { startService } from "./helpers.mjs";
import { startProcess } from "./processes.mjs";
import { startSshd } from "./sshd.mjs";
import { createScope, firstByte, freePort } from "./support.mjs";

const rounds = 7;
const count = 100;
const pollMs = 20;

/** From one `up` without a daemon, with 100 tunnels in the config, until all are verified; and 100 ssh until all answer. */
export async function many(scope) {
  const sshd = await startSshd(scope);
  const service = await startService(scope, "http");
  const samples = { clawtunnel: [], ssh: [] };
  for (let round = 0; round < rounds; round += 1) {
    samples.clawtunnel.push(await sample(sshd, service, upAll));
    samples.ssh.push(await sample(sshd, service, startAll));
  }
  const peer = { name: `${count} × ssh`, samples: samples.ssh };
  return [{ what: `${count} tunnels at once, until all are verified`, unit: "ms", clawtunnel: samples.clawtunnel, peer }];
}

async function sample(sshd, service, open) {
  const scope = createScope();
  try {
    const ports = [];
    while (ports.length < count) ports.push(await freePort());
    return await open(scope, sshd, ports, service.port);
  } finally {
    await scope.end();
  }
}

async function upAll(scope, sshd, ports, servicePort) {
  const home = makeHome(scope);
  const entries = ports.map((port) => [`tunnel-${port}`, tunnelEntry(sshd, port, servicePort)]);
  home.writeConfig({ tunnels: Object.fromEntries(entries) });
  const startedMs = performance.now();
  const child = home.start(["up"]);
  const exited = once(child, "exit");
  for (;;) {
    const report = await home.status().catch(() => undefined);
    if (report?.tunnels.length === count && report.tunnels.every(({ health }) => health === "verified")) break;
    await delay(pollMs);
  }
  const tookMs = performance.now() - startedMs;
  await exited;
  return tookMs;
}

async function startAll(scope, sshd, ports, servicePort) {
  const startedMs = performance.now();
  for (const port of ports) startProcess(scope, "ssh", sshArgs(sshd, port, servicePort));
  for (const port of ports) await firstByte(port);
  return performance.now() - startedMs;
}
