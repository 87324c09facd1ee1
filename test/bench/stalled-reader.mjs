import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { openClawtunnel, openSsh } from "./contenders.mjs";
import { startService } from "./helpers.mjs";
import { memoryOf } from "./processes.mjs";
import { startSshd } from "./sshd.mjs";
import { createScope } from "./support.mjs";

const rounds = 7;
const askedBytes = 2 * 1024 ** 3;
const everyMs = 50;
const quietMs = 1_000;
const mib = 1024 * 1024;

/** A client that asks for 2 GiB and reads none of it: what is taken from the service all the same, and where it stays. */
export async function stalledReader(scope) {
  const sshd = await startSshd(scope);
  const samples = { clawtunnel: [], ssh: [] };
  for (let round = 0; round < rounds; round += 1) {
    samples.clawtunnel.push(await sample(sshd, openClawtunnel));
    samples.ssh.push(await sample(sshd, openSsh));
  }
  const row = (what, kind) => ({
    what,
    unit: "MiB",
    clawtunnel: samples.clawtunnel.map((sample) => sample[kind]),
    peer: { name: "ssh -N -L", samples: samples.ssh.map((sample) => sample[kind]) },
  });
  return [row("stalled reader: RSS growth at its peak", "growth"), row("stalled reader: taken from the service", "taken")];
}

async function sample(sshd, open) {
  const scope = createScope();
  try {
    const service = await startService(scope, "source");
    const { port, pid } = await open(scope, sshd, service.port);
    const before = memoryOf(pid).rss;
    const client = connect({ port, host: "127.0.0.1" });
    scope.defer(() => client.destroy());
    await once(client, "connect");
    client.write(String(askedBytes));
    return await watch(service, () => memoryOf(pid).rss - before);
  } finally {
    await scope.end();
  }
}

/** Until the service got rid of nothing for a while. */
async function watch(service, readGrowth) {
  let [taken, growth, movedMs] = [0, 0, performance.now()];
  while (performance.now() - movedMs < quietMs) {
    await delay(everyMs);
    growth = Math.max(growth, readGrowth());
    const { sentBytes } = await service.ask({});
    if (sentBytes !== taken) movedMs = performance.now();
    taken = sentBytes;
  }
  return { taken: taken / mib, growth };
}
