import { openClawtunnel, openSsh } from "./contenders.mjs";
import { startClient, startService } from "./helpers.mjs";
import { startSshd } from "./sshd.mjs";

const rounds = 7;
const bytes = 256 * 1024 * 1024;

export const directions = [
  { what: "down", order: "download", kind: "source" },
  { what: "up", order: "upload", kind: "sink" },
];

/** One stream through a tunnel that stands, each contender with its own default cipher. */
export async function throughput(scope) {
  const sshd = await startSshd(scope);
  const client = await startClient(scope);
  const rows = [];
  for (const { what, order, kind } of directions) {
    const service = await startService(scope, kind);
    const contenders = { clawtunnel: await openClawtunnel(scope, sshd, service.port), ssh: await openSsh(scope, sshd, service.port) };
    const samples = await measureThroughput(client, contenders, { order, bytes, rounds });
    rows.push({
      what: `one stream of 256 MiB ${what}`,
      unit: "MiB/s",
      clawtunnel: samples.clawtunnel,
      peer: { name: "ssh -N -L", samples: samples.ssh },
      goal: { ratioMin: 1.2 },
    });
  }
  return rows;
}

/** In MiB/s, of each contender in turn. */
export async function measureThroughput(client, contenders, { order, bytes, rounds }) {
  const samples = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, { port }] of Object.entries(contenders)) {
      const { mibPerS } = await client.ask({ do: order, port, bytes });
      // The first round warms up and is not counted.
      if (round >= 0) samples[name].push(mibPerS);
    }
  }
  return samples;
}
