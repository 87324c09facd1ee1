import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { systemErrorCode } from "../base/system-error.js";

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

/**
 * When a process started, as a text that with the pid names one process for ever: as `processStartTicks`, or to the second from
 * ps(1) where there is no /proc. Null when it has ended, or where neither can be asked.
 */
export async function processStartedAt(pid: number): Promise<string | null> {
  if (process.platform === "linux") return processStartTicks(pid);
  if (process.platform === "win32") return null;
  return new Promise((resolve) => {
    execFile("ps", ["-o", "lstart=", "-p", String(pid)], { timeout: 3_000, env: { ...process.env, LC_ALL: "C" } }, (error, stdout) =>
      resolve(error === null && stdout.trim() !== "" ? stdout.trim() : null),
    );
  });
}
