import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const pollMs = 2;

/** A child that ends with the scope at the latest. Its `stop()` ends it now. */
export function startProcess(scope, program, args, options = {}) {
  const child = spawn(program, args, { stdio: "ignore", ...options });
  const exited = once(child, "exit");
  child.isRunning = () => child.exitCode === null && child.signalCode === null;
  child.stop = async () => {
    if (child.isRunning()) child.kill("SIGTERM");
    await exited;
  };
  scope.defer(child.stop);
  return child;
}

/** Every child, and theirs. */
export function descendantsOf(pid) {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return children === "" ? [] : children.split(" ").flatMap((child) => [Number(child), ...descendantsOf(child)]);
  } catch {
    return [];
  }
}

export function signalAll(pids, signal) {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It was gone already.
    }
  }
}

/** SIGSTOP, and back only when none of them runs any more. */
export function hold(pids) {
  signalAll(pids, "SIGSTOP");
  while (!pids.every(isHeldOrGone));
}

export function isHeldOrGone(pid) {
  return !/^[RSD]$/.test(processState(pid));
}

export async function untilGone(pid) {
  while (!/^[Z]?$/.test(processState(pid))) await delay(pollMs);
}

/** As `ps` shows it; empty when there is no such process. */
function processState(pid) {
  return /^State:\s*(\S)/m.exec(readProc(pid, "status"))?.[1] ?? "";
}

/** What it calls itself. */
export function processTitle(pid) {
  return readProc(pid, "cmdline").replace(/[\0 ]+$/, "");
}

/** In MiB. `pss` counts a page that n processes share as 1/n. */
export function memoryOf(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const read = (field) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) / 1024;
  return { rss: read("Rss"), pss: read("Pss") };
}

function readProc(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
