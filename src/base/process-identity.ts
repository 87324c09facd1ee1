import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { systemErrorCode } from "./system-error.js";

/** Whether a process with this pid exists, also one of another user. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === "EPERM";
  }
}

/**
 * When a process started, in clock ticks since boot: field 22 of /proc/PID/stat (proc(5)). With the pid it names one process
 * for ever, where a pid alone may have gone to another. Null where there is no /proc.
 */
export function processStartTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in brackets, and may itself hold brackets and spaces.
    const rest = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const isZombie = rest[0] === "Z";
    return isZombie ? null : (rest[19] ?? null);
  } catch {
    return null;
  }
}

/** Whether it is gone, or has ended and nobody has waited for it yet; that one still has its pid where there is /proc. */
export function hasEnded(pid: number): boolean {
  return !isProcessAlive(pid) || (process.platform === "linux" && processStartTicks(pid) === null);
}

/** Names the machine's present boot (random(4)); null where there is no /proc. */
export function bootId(): string | null {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return null;
  }
}

/**
 * When a process started, as a text that with the pid names one process for ever: as `processStartTicks`, or to the second from
 * ps(1) where there is no /proc. Null when it has ended, or where neither can be asked.
 */
export async function processStartedAt(pid: number): Promise<string | null> {
  if (process.platform === "linux") return processStartTicks(pid);
  if (process.platform === "win32") return null;
  return askPs(pid, "lstart=");
}

/** A process's words, with NULs between them where /proc has them so, or with spaces as ps(1) prints them. Null when it has ended. */
export async function processCommand(pid: number): Promise<string | null> {
  if (process.platform === "win32") return null;
  if (process.platform !== "linux") return askPs(pid, "command=");
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").replace(/\0$/, "");
    return words === "" ? null : words;
  } catch {
    return null;
  }
}

function askPs(pid: number, column: string): Promise<string | null> {
  return new Promise((resolve) => {
    const options = { timeout: 3_000, env: { ...process.env, LC_ALL: "C" } };
    execFile("ps", ["-ww", "-o", column, "-p", String(pid)], options, (error, stdout) =>
      resolve(error === null && stdout.trim() !== "" ? stdout.trim() : null),
    );
  });
}
