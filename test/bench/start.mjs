import { once } from "node:events";
import { makeHome, sshArgs, upArgs } from "./contenders.mjs";
import { startService } from "./helpers.mjs";
import { startProcess } from "./processes.mjs";
import { startSshd } from "./sshd.mjs";
import { createScope, firstByte, freePort } from "./support.mjs";

const rounds = 11;

/** From the start of the command to the first byte through the new tunnel. */
export async function start(scope) {
  const sshd = await startSshd(scope);
  const service = await startService(scope, "http");
  const samples = { cold: [], warm: [], ssh: [] };
  for (let round = 0; round < rounds; round += 1) {
    const own = createScope();
    try {
      const home = makeHome(own);
      samples.cold.push(await sampleUp(home, sshd, service));
      samples.warm.push(await sampleUp(home, sshd, service));
      samples.ssh.push(await sampleSsh(own, sshd, service));
    } finally {
      await own.end();
    }
  }
  const peer = { name: "ssh -N -L", samples: samples.ssh };
  return [
    { what: "cold `up` (no daemon) → first byte", unit: "ms", clawtunnel: samples.cold, peer },
    { what: "warm `up` (daemon runs) → first byte", unit: "ms", clawtunnel: samples.warm, peer },
  ];
}

export async function sampleUp(home, sshd, service, engine) {
  const port = await freePort();
  const startedMs = performance.now();
  const child = home.start([...upArgs(sshd, port, service.port, engine), "--name", `tunnel-${port}`]);
  const exited = once(child, "exit");
  const tookMs = (await firstByte(port)) - startedMs;
  await exited;
  return tookMs;
}

export async function sampleSsh(scope, sshd, service) {
  const port = await freePort();
  const startedMs = performance.now();
  const child = startProcess(scope, "ssh", sshArgs(sshd, port, service.port));
  const tookMs = (await firstByte(port)) - startedMs;
  await child.stop();
  return tookMs;
}
