import type { Journal } from "./journal.js";
import { isLoopbackBind } from "./reality.js";

/** What a hardening does, one after the other; each may be done twice. */
export type Step = "clear" | "begin" | "change" | "take" | "prove" | "end" | "take-back" | "restore" | "prove-back" | "end-back";

/** What it may come to. */
export type End = "hardened" | "as-before" | "unproved";

const ways: Readonly<Record<Step, { readonly done: Step | End; readonly failed: Step | End }>> = {
  // What an earlier run has left and nothing depends on.
  clear: { done: "begin", failed: "unproved" },
  begin: { done: "change", failed: "prove-back" },
  change: { done: "prove", failed: "take-back" },
  // Where an earlier run was interrupted after the change.
  take: { done: "prove", failed: "unproved" },
  prove: { done: "end", failed: "take-back" },
  // It is hardened and proved to be: a journal that stays behind makes the next run look again, and no more.
  end: { done: "hardened", failed: "hardened" },
  // From here on a straggler of `change` does nothing any more.
  "take-back": { done: "restore", failed: "unproved" },
  restore: { done: "prove-back", failed: "unproved" },
  "prove-back": { done: "end-back", failed: "unproved" },
  "end-back": { done: "as-before", failed: "as-before" },
};

/** What comes after a step. Pure. */
export function next(step: Step, isDone: boolean): Step | End {
  return isDone ? ways[step].done : ways[step].failed;
}

export function isStep(what: Step | End): what is Step {
  return what in ways;
}

/** A failure here is tried once more: there is nothing better to do. */
export const attemptsMax: Readonly<Record<Step, number>> = {
  clear: 2,
  begin: 1,
  change: 1,
  take: 2,
  prove: 1,
  end: 3,
  "take-back": 3,
  restore: 3,
  "prove-back": 2,
  "end-back": 3,
};

/**
 * Where a run begins that finds the journal of an earlier one. `clear`: the file is not what that run wrote, so it is begun anew, or
 * somebody has made a change of their own since. `take`: the change is written, and remains to be proved. `take-back`: it was being
 * undone. A gateway rewrites its file when it starts, so the checksum alone does not tell. Pure.
 */
export function resume(journal: Journal | null, now: { readonly sum: string | null; readonly bind: string | null }): Step {
  if (journal === null) return "clear";
  if (journal.phase === "undo") return "take-back";
  if (now.sum === journal.before) return "clear";
  return isOurs(journal, now) ? "take" : "clear";
}

/** Whether what stands in the file comes from the change: to be put back when that is undone. Pure. */
export function isOurs(journal: Journal, now: { readonly sum: string | null; readonly bind: string | null }): boolean {
  if (now.sum === journal.before) return false;
  return now.sum === journal.after || (isLoopbackBind(now.bind) && !isLoopbackBind(journal.bindBefore));
}
