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
