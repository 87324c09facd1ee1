import { openClawtunnel, openSsh } from "./contenders.mjs";
import { startClient, startService } from "./helpers.mjs";
import { startSshd } from "./sshd.mjs";

const rounds = 7;
const count = 2000;

/** Messages that go out and come back through a tunnel that stands, one at a time. */
export async function latency(scope) {
  const sshd = await startSshd(scope);
  const client = await startClient(scope);
  const service = await startService(scope, "echo");
  const contenders = { clawtunnel: await openClawtunnel(scope, sshd, service.port), ssh: await openSsh(scope, sshd, service.port) };
  const rows = [];
  for (const [size, label, wanted] of [
    [1, "1 byte", { p50: { ratioMax: 1.1 } }],
    [1024, "1 KiB", { p50: undefined, p99: { ratioMax: 1 } }],
  ]) {
    const samples = await measureRoundTrips(client, contenders, { size, count, rounds });
    for (const [percentile, goal] of Object.entries(wanted)) {
      const pick = (name) => samples[name].map((sample) => sample[percentile]);
      rows.push({
        what: `round trip of ${label}, ${percentile} of ${count}`,
        unit: "µs",
        clawtunnel: pick("clawtunnel"),
        peer: { name: "ssh -N -L", samples: pick("ssh") },
        goal,
      });
    }
  }
  return rows;
}

/** The percentiles of `count` round trips in µs, of each contender in turn. */
export async function measureRoundTrips(client, contenders, { size, count, rounds }) {
  const samples = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, { port }] of Object.entries(contenders)) {
      samples[name].push(await client.ask({ do: "roundTrips", count, warmUp: count / 10, port, size }));
    }
  }
  return samples;
}
