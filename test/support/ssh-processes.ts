import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Home } from "./clawtunnel.js";

/** What the openssh engine has of a home: the processes that run, the folders of their sockets, and their receipts. */
export interface SshTraces {
  readonly pids: readonly number[];
  readonly folders: readonly string[];
  readonly receipts: readonly string[];
}

export const noTraces: SshTraces = { pids: [], folders: [], receipts: [] };

export function sshTraces({ paths }: Home): SshTraces {
  const runtimeDir = dirname(paths.controlEndpoint);
  return {
    pids: pidsNaming(join(runtimeDir, "ssh-")),
    folders: list(runtimeDir).filter((name) => /^ssh-\w{6}$/.test(name)),
    receipts: list(join(paths.stateDir, "ssh")),
  };
}

/** The children of a process, those that have ended and that nobody has waited for among them. */
export function childrenOf(parentPid: number): number[] {
  return pids().filter((pid) => Number(/^\d+ \(.*\) \S (\d+) /s.exec(read(`/proc/${pid}/stat`))?.[1]) === parentPid);
}

/** Processes with a word that has this in it. Who has ended has no words. */
function pidsNaming(text: string): number[] {
  return pids().filter((pid) => pid !== process.pid && read(`/proc/${pid}/cmdline`).includes(text));
}

function pids(): number[] {
  return list("/proc").map(Number).filter(Number.isInteger);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
