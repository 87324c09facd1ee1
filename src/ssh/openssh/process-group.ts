/** Sends a signal to a process and all that it has started and that stayed in its group. */
export function signalGroup(leaderPid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leaderPid, signal);
  } catch {
    // It has ended.
  }
}
