import { openClawtunnel, openSsh } from "./contenders.mjs";
import { startClient, startService } from "./helpers.mjs";
import { startSshd } from "./sshd.mjs";

const rounds = 7;
const bytes = 256 * 1024 * 1024;

/** One stream through a tunnel that stands, each contender with its own default cipher. */
export async function throughput(scope) {
  const sshd = await startSshd(scope);
  const client = await startClient(scope);
  const rows = [];
  for (const [what, order, kind] of [
    ["one stream of 256 MiB down", "download", "source"],
    ["one stream of 256 MiB up", "upload", "sink"],
  ]) {
    const service = await startService(scope, kind);
    const contenders = { clawtunnel: await openClawtunnel(scope, sshd, service.port), ssh: await openSsh(scope, sshd, service.port) };
    const samples = { clawtunnel: [], ssh: [] };
    for (let round = -1; round < rounds; round += 1) {
      for (const [name, { port }] of Object.entries(contenders)) {
        const { mibPerS } = await client.ask({ do: order, port, bytes });
        // The first round warms up and is not counted.
        if (round >= 0) samples[name].push(mibPerS);
      }
    }
    rows.push({
      what,
      unit: "MiB/s",
      clawtunnel: samples.clawtunnel,
      peer: { name: "ssh -N -L", samples: samples.ssh },
      goal: { ratioMin: 1.2 },
    });
  }
  return rows;
}
