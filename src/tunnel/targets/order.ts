import type { ConnectReason, RenewalReason } from "../state.js";

/** Why a log-in is begun. */
export type BeginReason = ConnectReason | RenewalReason;

/** What goes on from where it was: nothing says that another target has become the right one. Anything else begins afresh. */
const goesOn: ReadonlySet<BeginReason> = new Set(["retry-due", "peer-doubted", "preferred-target"]);

export function beginsAfresh(reason: BeginReason): boolean {
  return !goesOn.has(reason);
}

/**
 * The targets to try, by their place in the config, in turn: as they stand there, but the one that worked last before all others
 * where the log-in goes on from it, and only those before it where it is to move back. Pure.
 */
export function orderTargets(count: number, lastWorked: number | undefined, reason: BeginReason): number[] {
  const all = Array.from({ length: count }, (_, index) => index);
  if (lastWorked === undefined || beginsAfresh(reason)) return all;
  if (reason === "preferred-target") return all.slice(0, lastWorked);
  return [lastWorked, ...all.filter((index) => index !== lastWorked)];
}
