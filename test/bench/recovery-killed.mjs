import { setTimeout as delay } from "node:timers/promises";
import { startSshd } from "./sshd.mjs";
import { firstByte, inScope } from "./support.mjs";

export const dropPauseMs = 1_500;

/** From the death of the server's side of the session to the first byte through a connection made after it. */
export async function measureDrop(scope, contender, servicePort) {
  return inScope(scope, async (own) => {
    const [{ port, sshd }] = await contender.open(own, [await startSshd(own)], servicePort);
    const killedMs = sshd.killSessions();
    return (await firstByte(port)) - killedMs;
  });
}

/** The same over and over, each `dropPauseMs` after the first byte; as many as were made good within `boundMs`, `count` at most. */
export async function measureDropsInARow({ port, sshd }, { count, boundMs }) {
  const deadlineMs = performance.now() + boundMs;
  const took = [];
  while (took.length < count) {
    await delay(dropPauseMs);
    const killedMs = sshd.killSessions();
    const timeoutMs = Math.max(0, deadlineMs - performance.now());
    const atMs = await firstByte(port, { timeoutMs, pollMs: 20 }).catch(() => undefined);
    if (atMs === undefined) return took;
    took.push(atMs - killedMs);
  }
  return took;
}
