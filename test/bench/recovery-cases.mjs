import { setTimeout as delay } from "node:timers/promises";
import { measureOutage, measureReturn } from "./recovery-away.mjs";
import { startSshds } from "./recovery-contenders.mjs";
import { dropPauseMs, measureDropsInARow } from "./recovery-killed.mjs";
import { measureClients, measureSilence, measureWake } from "./recovery-silent.mjs";
import { startSshd } from "./sshd.mjs";

export const tunnelsPerServer = 10;
export const clientsInOutage = 20;
export const dropCount = 20;

// Each plays one case with `count` tunnels of one contender, and returns what was measured, in milliseconds; Infinity is for never.

/** The last of each tunnel's drops, and how many were made good in all. */
export async function dropsInARow(scope, { contender, servicePort, count, boundMs }) {
  const tunnels = await contender.open(scope, await startSshds(scope, count), servicePort);
  const series = tunnels.map(async (tunnel, index) => {
    await delay((index / count) * dropPauseMs);
    return measureDropsInARow(tunnel, { count: dropCount, boundMs });
  });
  const took = await Promise.all(series);
  return { last: took.map((own) => own[dropCount - 1] ?? Infinity), madeGood: took.map(({ length }) => length) };
}

export async function silences(scope, { contender, servicePort, count }) {
  const tunnels = await contender.open(scope, await startSshds(scope, count), servicePort);
  return measureSilence(tunnels, contender.askEveryMs);
}

export async function clients(scope, { contender, servicePort, count, boundMs }) {
  const tunnels = await contender.open(scope, await startSshds(scope, count), servicePort);
  return measureClients(tunnels, boundMs);
}

/** Each with a daemon of its own: they are continued one after another. */
export async function wakes(scope, { contender, servicePort, count }) {
  const tunnels = [];
  for (const sshd of await startSshds(scope, count)) tunnels.push(...(await contender.open(scope, [sshd], servicePort)));
  const waking = tunnels.map(async (tunnel, index) => {
    await delay(index * 500);
    return measureWake(scope, tunnel);
  });
  return Promise.all(waking);
}

/** `count` servers, each with ten tunnels; they come back one after another. */
export async function returns(scope, { contender, servicePort, count, watch }) {
  const servers = [];
  for (const sshd of await startSshds(scope, count)) {
    const tunnels = await contender.open(scope, Array(tunnelsPerServer).fill(sshd), servicePort);
    servers.push({ sshd, tunnels });
  }
  const returning = servers.map(async ({ sshd, tunnels }, index) => {
    await delay(index * 5_000);
    const unwatch = watch?.("away", tunnels);
    const took = await measureReturn(sshd, tunnels);
    await unwatch?.();
    return took;
  });
  return (await Promise.all(returning)).flat();
}

/** How each of the clients fared. */
export async function outage(scope, { contender, servicePort, watch }) {
  const tunnels = await contender.open(scope, [await startSshd(scope)], servicePort);
  const unwatch = watch?.("away", tunnels);
  const outcomes = await measureOutage(tunnels[0], clientsInOutage);
  await unwatch?.();
  return outcomes;
}
