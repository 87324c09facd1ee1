import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Failure } from "../base/failure.js";
import { folderUnusable } from "../base/files.js";
import { isProcessAlive, processStartTicks } from "../base/process-identity.js";
import { systemErrorCode } from "../base/system-error.js";

interface Holder {
  readonly pid: number;
  readonly startTicks: string | null;
  readonly nonce: string;
}

/** One daemon for each home. The lock names its holder, so that one left by a crash is seen for what it is. */
export interface DaemonLock {
  /** Whether another daemon has taken over meanwhile; then this one must leave. A lock that cannot be read says nothing. */
  isTakenOver(): boolean;
  release(): void;
}

/**
 * Takes the lock, also from a holder that is no more. Throws `daemon-running` with the holder's pid, or `folder-unusable`.
 * The lock appears whole, by link(2), and is never overwritten; a stale one is renamed away first, and given back in the rare
 * case that a new daemon had replaced it in between.
 */
export function takeLock(path: string): DaemonLock {
  const mine: Holder = { pid: process.pid, startTicks: processStartTicks(process.pid), nonce: randomUUID() };
  const draft = `${path}.${mine.nonce}`;
  try {
    writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 });
    while (!linkTo(draft, path)) {
      const holder = readHolder(path);
      if (holder !== undefined && isAlive(holder))
        throw new Failure("daemon-running", `a daemon already runs for this home, pid ${holder.pid}`);
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
    isTakenOver: () => ![mine.nonce, undefined].includes(holderNonce()),
    release: () => {
      if (holderNonce() === mine.nonce) rmSync(path, { force: true });
    },
  };
}

/** The pid of the daemon that holds the lock, if it lives. */
export function lockHolderPid(path: string): number | undefined {
  const holder = readHolder(path);
  return holder !== undefined && isAlive(holder) ? holder.pid : undefined;
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

function isAlive(holder: Holder): boolean {
  if (holder.pid === process.pid || !isProcessAlive(holder.pid)) return false;
  return holder.startTicks === null || processStartTicks(holder.pid) === holder.startTicks;
}

function readHolder(path: string): Holder | undefined {
  try {
    const value = JSON.parse(readFileSync(path, "utf8")) as Partial<Holder> | null;
    if (typeof value?.pid !== "number" || typeof value.nonce !== "string") return undefined;
    return { pid: value.pid, startTicks: value.startTicks ?? null, nonce: value.nonce };
  } catch {
    return undefined;
  }
}
