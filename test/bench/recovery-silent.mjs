import { setTimeout as delay } from "node:timers/promises";
import { hold, signalAll } from "./processes.mjs";
import { askOnce, firstByte } from "./support.mjs";

/** A client that comes before any contender's own question can have been given up. */
const clientComesMs = 1_400;
const heldMs = 13_000;

/**
 * Nobody uses the tunnels. From the moment the server's session answers nothing any more to a new one that has logged in, as the
 * server sees it. The silences begin at moments spread evenly, with jitter, over the interval at which the contender asks.
 */
export function measureSilence(tunnels, askEveryMs) {
  return Promise.all(
    tunnels.map(async ({ sshd }, index) => {
      await delay(((index + Math.random()) / tunnels.length) * askEveryMs);
      const silentMs = sshd.freezeSessions();
      return (await sshd.untilLive()) - silentMs;
    }),
  );
}

/** What becomes of a client that connects to a tunnel whose server has just fallen silent: its outcome, and how long that took. */
export function measureClients(tunnels, waitMs) {
  return Promise.all(
    tunnels.map(async ({ sshd, port }, index) => {
      // One after another: they are measured in fractions of a second.
      await delay(index * 500);
      sshd.freezeSessions();
      await delay(Math.random() * clientComesMs);
      const cameMs = performance.now();
      const { outcome, atMs } = await askOnce(port, waitMs);
      return { outcome, tookMs: atMs - cameMs };
    }),
  );
}

/**
 * A machine that sleeps, as far as it can be played: all that belongs to the tunnel is stopped, meanwhile the server's session falls
 * silent, and then it is continued. From there to the first byte through a connection made after it.
 */
export async function measureWake(scope, { sshd, port, pids }, onSilent = () => {}) {
  const stopped = pids();
  scope.defer(() => signalAll(stopped, "SIGCONT"));
  hold(stopped);
  const silentAfterMs = Math.random() * (heldMs - 1_000);
  await delay(silentAfterMs);
  sshd.freezeSessions();
  onSilent();
  await delay(heldMs - silentAfterMs);
  const continuedMs = performance.now();
  signalAll(stopped, "SIGCONT");
  return (await firstByte(port, { timeoutMs: 120_000, pollMs: 20 })) - continuedMs;
}
