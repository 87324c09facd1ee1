import { spawn } from "node:child_process";
import { once } from "node:events";
import { makeHome, upArgs } from "./contenders.mjs";
import { startService } from "./helpers.mjs";
import { startSshd } from "./sshd.mjs";
import { freePort } from "./support.mjs";

const rounds = 21;

/** The whole command, from start to exit, beside the least that any Node program takes. */
export async function status(scope) {
  const sshd = await startSshd(scope);
  const service = await startService(scope, "http");
  const home = makeHome(scope);
  await home.run(upArgs(sshd, await freePort(), service.port));
  const samples = { clawtunnel: [], node: [] };
  for (let round = 0; round < rounds; round += 1) {
    samples.clawtunnel.push(await timed(() => home.start(["status"])));
    samples.node.push(await timed(() => spawn(process.execPath, ["-e", "0"], { stdio: "ignore" })));
  }
  const peer = { name: "node -e 0", samples: samples.node };
  return [{ what: "`clawtunnel status`, one tunnel", unit: "ms", clawtunnel: samples.clawtunnel, peer, goal: { ratioMax: 2.5 } }];
}

async function timed(start) {
  const startedMs = performance.now();
  const [code] = await once(start(), "exit");
  if (code !== 0) throw new Error(`ended with ${code}`);
  return performance.now() - startedMs;
}
