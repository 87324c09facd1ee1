import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { engines, untilTunnel } from "../e2e/scene.js";
import { askEcho } from "../support/echo-service.js";
import type { Fault, Way } from "../support/fault-link.js";
import { type Random, randomFromEnv, seededRandom } from "../support/random.js";
import { repeat } from "../support/repeat.js";
import { hasProc, openFiles, residentMiB, settledFiles } from "../support/resources.js";
import { until } from "../support/until.js";
import { isShort, pick, tell } from "./extent.js";
import { type FaultScene, fastTiming, makeFaultScene, tunnelNow } from "./scene.js";

const rounds = pick({ short: 60, full: 1_000 });
const clientCount = 4;
/**
 * V8 takes its time to give back what short lives have used: measured up to 45 MiB after a thousand rounds, with a heap that does not
 * grow. A session that was kept for each reconnect would be three times as much (0.15 MiB each).
 */
const slackMiB = 60;
const warmUpRounds = pick({ short: 30, full: 100 });

interface Client {
  readonly counts: Record<"right" | "error", number>;
  readonly wrong: string[];
  stop(): Promise<void>;
}

it.skipIf(!hasProc).each(isShort ? engines : (["ssh2"] as const))(
  `by %s is verified, no larger and gave no wrong answer after ${rounds} random faults in a row`,
  { timeout: 60_000 + rounds * 2_000 },
  async (engine) => {
    const random = randomFromEnv();
    tell(`random: CLAWTUNNEL_FAULT_SEED=${random.seed}`);
    const scene = await makeFaultScene({ ...fastTiming, connectTimeoutMs: 500 }, engine);
    // What ssh2, V8 and the kernel keep for the next time is there after a while, and then no more of it comes.
    const warmUp = startClients(scene.port, "warm-up", random.seed);
    for (let round = 1; round <= warmUpRounds; round += 1) await oneRound(scene, random);
    await Promise.all(warmUp.map((client) => client.stop()));
    const before = { files: await settledFiles(scene.pid), rssMiB: residentMiB(scene.pid) };

    const clients = startClients(scene.port, "client", random.seed);
    let slowestMs = 0;
    for (let round = 1; round <= rounds; round += 1) {
      const startedMs = performance.now();
      const fault = await oneRound(scene, random).catch((error: unknown) => {
        const links = JSON.stringify(scene.proxy.links.map((link) => link.fault));
        const told = JSON.stringify(scene.story.changes.at(-1));
        throw new Error(`seed ${random.seed}, round ${round}, links ${links}, status ${told}`, { cause: error });
      });
      slowestMs = Math.max(slowestMs, performance.now() - startedMs);
      if (round % 100 === 0)
        tell(`random: round ${round}, resident ${residentMiB(scene.pid)} MiB, ${JSON.stringify(openFiles(scene.pid))}`);
      const wrong = clients.flatMap((client) => client.wrong);
      expect(wrong, `seed ${random.seed}, round ${round}, ${JSON.stringify(fault)}`).toEqual([]);
    }
    await Promise.all(clients.map((client) => client.stop()));

    const tunnel = await tunnelNow(scene);
    expect(tunnel).toMatchObject({ phase: "up", health: "verified", failure: null, forwards: [{ connections: { waiting: 0 } }] });
    const counts = clients.map((client) => client.counts);
    expect(clients.flatMap((client) => client.wrong)).toEqual([]);
    for (const { right } of counts) expect(right).toBeGreaterThan(0);
    await until(() => JSON.stringify(openFiles(scene.pid)) === JSON.stringify(before.files)).catch(() =>
      expect(openFiles(scene.pid)).toEqual(before.files),
    );
    const rssMiB = residentMiB(scene.pid);
    const answers = counts.reduce((total, { right, error }) => ({ right: total.right + right, error: total.error + error }));
    tell(
      `random, ${engine}: ${rounds} rounds, ${tunnel.reconnects} reconnects, ${answers.right} right answers, ${answers.error} errors, none wrong; ` +
        `slowest round ${Math.round(slowestMs)} ms; resident ${before.rssMiB} -> ${rssMiB} MiB; open files ${JSON.stringify(before.files)}`,
    );
    expect(rssMiB).toBeLessThan(before.rssMiB + slackMiB);
  },
);

/** Puts one fault on the line for a moment, takes it away, and waits until the tunnel is verified through a line that is clear. */
async function oneRound(scene: FaultScene, random: Random): Promise<Fault | "refuse"> {
  const { proxy, home } = scene;
  const fault = randomFault(random);
  const { accepted } = proxy;
  if (fault === "refuse") {
    proxy.refuse();
    proxy.use({ kind: "cut", by: "reset" }, "live");
  } else {
    proxy.use(fault, random.pick(["live", "live", "all"]));
    // What is only for those to come needs one.
    if (fault.kind === "mute") proxy.use({ kind: "cut", by: random.pick(["reset", "end"]) }, "live");
  }
  await delay(random.between(0, 250));
  await proxy.accept();
  proxy.use({ kind: "none" }, "coming");
  // A line that has lost nothing yet goes on; one that has lost bytes is for the daemon to find out.
  for (const link of proxy.links) if (["slow", "stall", "cut-after"].includes(link.fault.kind)) link.use({ kind: "none" });
  await untilTunnel(home, "web", (tunnel) => tunnel.health === "verified" && proxy.links.every((link) => link.fault.kind === "none"));
  expect(proxy.accepted).toBeGreaterThanOrEqual(accepted);
  return fault;
}

function randomFault(random: Random): Fault | "refuse" {
  const by = random.pick(["reset", "end"] as const);
  const way = random.pick(["to-server", "to-client"] as const);
  switch (random.between(0, 8)) {
    case 0:
    case 1:
      return { kind: "cut", by };
    case 2:
      return { kind: "swallow", ways: random.pick<readonly Way[]>([["to-server"], ["to-client"], ["to-server", "to-client"]]) };
    case 3:
      return { kind: "stall" };
    case 4:
      return { kind: "slow", delayMs: random.between(0, 80), bytesPerSecond: random.between(20_000, 2_000_000) };
    case 5:
      return { kind: "cut-after", way, bytes: random.between(0, 3_000), by };
    case 6:
      return { kind: "cut-after", way, bytes: random.between(0, 200_000), by: random.pick(["reset", "end", "silence"]) };
    case 7:
      return { kind: "mute" };
    default:
      return "refuse";
  }
}

function startClients(port: number, name: string, seed: number): Client[] {
  return Array.from({ length: clientCount }, (_, index) => startClient(port, `${name}-${index}`, seededRandom(seed + index + 1)));
}

/** Asks one question after the other, each with an id and a size of its own. */
function startClient(port: number, name: string, random: Random): Client {
  const counts = { right: 0, error: 0 };
  const wrong: string[] = [];
  let asked = 0;
  const ask = async () => {
    const question = { id: `${name}-${asked++}`, bytes: random.between(0, 60_000), uploadBytes: random.between(0, 20_000) };
    const outcome = await askEcho(port, { ...question, timeoutMs: 30_000 });
    if (outcome.kind === "wrong") wrong.push(outcome.why);
    else counts[outcome.kind] += 1;
  };
  const { stop } = repeat(ask, () => random.between(0, 30));
  return { counts, wrong, stop };
}
