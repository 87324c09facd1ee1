import { randomUUID } from "node:crypto";
import { linkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Failure } from "../../base/failure.js";
import { folderUnusable } from "../../base/files.js";
import { systemErrorCode } from "../../base/system-error.js";
import { type Holder, readHolder, stateOf, thisHolder } from "./lock-holder.js";

/** One daemon for each home. The lock names its holder, so that one left by a crash is seen for what it is. */
export interface DaemonLock {
  /** Of this one life of this daemon; no other ever had it. */
  readonly nonce: string;
  /** Whether another daemon has taken over meanwhile; then this one must leave. A lock that cannot be read says nothing. */
  isTakenOver(): boolean;
  release(): void;
}

export interface LockRequest {
  /** Where the control API will listen. */
  readonly endpoint?: string;
  readonly service?: Holder["service"];
  /** The nonce of a holder that is known to be no more, although a process has its pid. */
  readonly dead?: string | undefined;
}

/**
 * Takes the lock, also from a holder that is no more. Throws `daemon-running` with the holder's pid, or `folder-unusable`.
 * The lock appears whole, by link(2), and is never overwritten; a stale one is renamed away first, and given back in the rare
 * case that a new daemon had replaced it in between.
 */
export function takeLock(path: string, { endpoint, service = "none", dead }: LockRequest = {}): DaemonLock {
  const mine = thisHolder(randomUUID(), endpoint ?? null, service);
  const draft = `${path}.${mine.nonce}`;
  try {
    writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 });
    while (!linkTo(draft, path)) {
      const holder = readHolder(path);
      if (holder !== undefined && holder.nonce !== dead && stateOf(holder) !== "gone") throw alreadyRunning(holder);
      removeStale(path, holder?.nonce, `${draft}.stale`);
    }
  } catch (error) {
    throw error instanceof Failure ? error : folderUnusable(dirname(path), error);
  } finally {
    // Also one that there was no room to fill.
    rmSync(draft, { force: true });
  }
  const holderNonce = () => readHolder(path)?.nonce;
  return {
    nonce: mine.nonce,
    isTakenOver: () => ![mine.nonce, undefined].includes(holderNonce()),
    release: () => {
      if (holderNonce() === mine.nonce) rmSync(path, { force: true });
    },
  };
}

function alreadyRunning({ pid, service }: Holder): Failure {
  const by = service === "none" ? "" : `, started by ${service}`;
  return new Failure("daemon-running", `a daemon already runs for this home, pid ${pid}${by}`);
}

function linkTo(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") return false;
    throw error;
  }
}

function removeStale(path: string, nonce: string | undefined, aside: string): void {
  try {
    renameSync(path, aside);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return;
    throw error;
  }
  if (readHolder(aside)?.nonce !== nonce) linkTo(aside, path);
  rmSync(aside, { force: true });
}
