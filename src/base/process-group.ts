import { spawn } from "node:child_process";

/**
 * Sends a signal to the leader of a process group and all that it has started and that stayed in the group; one that has ended
 * already hears nothing. Windows has no such groups: whatever the signal, the tree below the process is ended.
 */
export function signalGroup(leaderPid: number, signal: NodeJS.Signals): void {
  if (process.platform === "win32") {
    spawn("taskkill", ["/pid", String(leaderPid), "/T", "/F"], { stdio: "ignore", windowsHide: true }).on("error", () => {});
    return;
  }
  try {
    process.kill(-leaderPid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
