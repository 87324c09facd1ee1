import { setTimeout as delay } from "node:timers/promises";
import { clawtunnel, startSshds } from "./recovery-contenders.mjs";
import { measureDropsInARow } from "./recovery-killed.mjs";
import { measureClients, measureWake } from "./recovery-silent.mjs";

const rounds = 3;
const pauseMaxMs = 2_000;
/** A daemon that is stopped answers nothing, and need not be asked without end. */
const openMax = 10;

/**
 * Asks a daemon for its status again and again, and counts what it says of tunnels that are dead: those of a server on which fewer
 * sessions live (logged in, and running) than it has tunnels, when the question is sent and still when the answer is there.
 * `wrong` are those called verified. Call the result to end it; it resolves with the counts and the `name` they were given.
 */
export function watchStatus(name, tunnels, everyMs = 100) {
  const counts = { name, answers: 0, wrong: 0 };
  const sshds = [...new Set(tunnels.map(({ sshd }) => sshd))];
  const servers = sshds.map((sshd) => ({ names: tunnels.filter((tunnel) => tunnel.sshd === sshd).map(({ name }) => name) }));
  const countLive = () => sshds.map((sshd) => sshd.countLive());
  const ask = async () => {
    const before = countLive();
    const report = await tunnels[0].home.status();
    const after = countLive();
    const verified = new Set(report.tunnels.filter(({ health }) => health === "verified").map(({ name }) => name));
    servers.forEach(({ names }, index) => {
      const live = Math.max(before[index], after[index]);
      counts.answers += Math.max(0, names.length - live);
      counts.wrong += Math.max(0, names.filter((name) => verified.has(name)).length - live);
    });
  };
  let isWanted = true;
  const loop = async () => {
    const asks = [];
    let openCount = 0;
    for (; isWanted; await delay(everyMs)) {
      if (openCount >= openMax) continue;
      openCount += 1;
      const asked = ask().finally(() => {
        openCount -= 1;
      });
      // One that fails is told at the end.
      asked.catch(() => {});
      asks.push(asked);
    }
    await Promise.all(asks);
    return counts;
  };
  const ended = loop();
  return () => {
    isWanted = false;
    return ended;
  };
}

/**
 * The cases in which the status must not be asked while they are measured, because clawtunnel asks its sessions before it answers:
 * here they are played once more, in daemons of their own, to watch what it says. Returns the counts of each, with its `name`.
 */
export async function watchAgain(scope, { servicePort }) {
  const plays = [playDrops, playClients, playClients, playWake, playWake];
  // What is answered depends on how far the keepalive has got when the status is first asked.
  for (let askAfterMs = 0; askAfterMs <= 4_000; askAfterMs += 800) plays.push((tunnel) => playSilences(tunnel, askAfterMs));
  const sshds = await startSshds(scope, plays.length);
  const stages = [];
  for (const sshd of sshds) stages.push(...(await clawtunnel.open(scope, [sshd], servicePort)));
  return Promise.all(plays.map((play, index) => play(stages[index], scope)));
}

async function playDrops(tunnel) {
  const unwatch = watchStatus("killed", [tunnel], 5);
  await measureDropsInARow(tunnel, { count: 10, boundMs: 60_000 });
  return unwatch();
}

async function playClients(tunnel) {
  const unwatch = watchStatus("silent", [tunnel]);
  for (let round = 0; round < rounds; round += 1) {
    await measureClients([tunnel], 30_000);
    await delay(Math.random() * pauseMaxMs);
  }
  return unwatch();
}

async function playSilences(tunnel, askAfterMs) {
  const counts = { name: "silent", answers: 0, wrong: 0 };
  for (let round = 0; round < rounds; round += 1) {
    tunnel.sshd.freezeSessions();
    await delay(askAfterMs);
    const unwatch = watchStatus("silent", [tunnel]);
    await tunnel.sshd.untilLive();
    const { answers, wrong } = await unwatch();
    counts.answers += answers;
    counts.wrong += wrong;
    await delay(Math.random() * pauseMaxMs);
  }
  return counts;
}

async function playWake(tunnel, scope) {
  let unwatch;
  await measureWake(scope, tunnel, () => {
    unwatch = watchStatus("woken", [tunnel]);
  });
  return unwatch();
}
