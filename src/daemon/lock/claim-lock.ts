import { statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { DaemonClient } from "../../api/client.js";
import { Failure } from "../../base/failure.js";
import type { Paths } from "../../config/paths.js";
import { type Handover, takeHandover } from "./handover.js";
import { type DaemonLock, takeLock } from "./lock.js";
import { type Holder, livingHolder, readHolder, stateOf } from "./lock-holder.js";

/** How long a daemon that was asked to end may hold its lock, or one that starts may not answer yet. */
const patienceMs = 5_000;
const lookEveryMs = 5;
/** A younger lock may be of a daemon that has yet to listen. */
const youngLockMs = 15_000;

export interface LockClaim {
  readonly lock: DaemonLock;
  /** The daemon that gave way; its process may still be ending. */
  readonly predecessor: Holder | undefined;
  readonly handover: Handover | undefined;
}

export interface ClaimOptions {
  readonly service: Holder["service"];
  /** A daemon that was started by hand is asked to end. One of a service never is: its manager would only start it again. */
  readonly takesOver: boolean;
}

/**
 * The home's lock: free, left by a daemon that is no more, or given up by the daemon that holds it. Whatever connections that one
 * carried end with it, and so do clients that wait for a tunnel. Throws `daemon-running`, `daemon-unresponsive`, `folder-unusable`.
 */
export async function claimLock(paths: Paths, { service, takesOver }: ClaimOptions): Promise<LockClaim> {
  const deadlineMs = performance.now() + patienceMs;
  let dead: string | undefined;
  let predecessor: Holder | undefined;
  for (;;) {
    try {
      const lock = takeLock(paths.lockFile, { endpoint: paths.controlEndpoint, service, dead });
      return { lock, predecessor, handover: takeHandover(paths.handoverFile, predecessor?.nonce) };
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== "daemon-running") throw error;
      const holder = livingHolder(paths.lockFile);
      if (holder === undefined) continue;
      if (await isMistaken(holder, paths)) {
        dead = holder.nonce;
        continue;
      }
      // Of two that take over at once by hand the second finds what it came for. A service would not be run by its manager then.
      if (!takesOver || holder.service !== "none" || (predecessor !== undefined && service === "none")) throw error;
      await askToEnd(holder, paths, deadlineMs);
      predecessor = holder;
    }
  }
}

/** Another program has the pid that the lock names, and nobody listens where its daemon did. */
async function isMistaken(holder: Holder, { lockFile, controlEndpoint }: Paths): Promise<boolean> {
  if (stateOf(holder) !== "unsure") return false;
  const writtenMs = statSync(lockFile, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (Math.abs(Date.now() - writtenMs) < youngLockMs) return false;
  try {
    await new DaemonClient(holder.endpoint ?? controlEndpoint).live();
    return false;
  } catch (error) {
    return error instanceof Failure && error.code === "daemon-not-running";
  }
}

/** Resolves when the lock is no longer its. One that has yet to listen is asked again. Throws `daemon-unresponsive`. */
async function askToEnd(holder: Holder, { lockFile, controlEndpoint }: Paths, deadlineMs: number): Promise<void> {
  const hasLock = () => readHolder(lockFile)?.nonce === holder.nonce && stateOf(holder) !== "gone";
  const answerTimeoutMs = Math.max(1, deadlineMs - performance.now());
  const daemon = new DaemonClient(holder.endpoint ?? controlEndpoint, { answerTimeoutMs });
  let isAsked = false;
  while (hasLock()) {
    if (performance.now() > deadlineMs) throw unresponsive(holder, isAsked);
    if (!isAsked) isAsked = await ask(daemon).catch(() => false);
    await delay(lookEveryMs);
  }
}

/** An older daemon does not know of handing over, and refuses the word. */
async function ask(daemon: DaemonClient): Promise<true> {
  try {
    await daemon.shutdown({ handOver: true });
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "request-invalid") throw error;
    await daemon.shutdown();
  }
  return true;
}

function unresponsive({ pid }: Holder, isAsked: boolean): Failure {
  const what = isAsked ? "was asked to end, and has not" : "does not answer";
  return new Failure("daemon-unresponsive", `the daemon that runs for this home, pid ${pid}, ${what} within ${patienceMs} ms`);
}
