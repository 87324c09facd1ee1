import type { FailureReport } from "../../base/failure.js";

/** What `harden` would do, before anything is done: the answer of a dry run. */
export interface HardenPlan {
  readonly tunnel: string;
  readonly target: string;
  /** `ready`: it can be done. `nothing-to-do`: it is hardened. `unfinished`: an earlier run was interrupted, and this one goes on from there. */
  readonly state: "ready" | "nothing-to-do" | "unfinished";
  /** The file on the server that would change, with links followed. */
  readonly configFile: string;
  /** The exact change, as a unified diff without secrets. */
  readonly diff: readonly string[];
  /** What runs the gateway, and how it restarts after the change: one sentence each. */
  readonly notes: readonly string[];
  /** Stands for the file and everything else that was looked at: what is agreed to is what is done. */
  readonly agreement: string;
}

/** One line of what `harden` does, as it does it. */
export interface HardenProgress {
  readonly type: "step";
  readonly step: string;
  readonly state: "done" | "failed";
  readonly detail: string;
}

/** The last line. Exactly one of the two outcomes is proved; else `unproved`, and a second run finishes or undoes. */
export interface HardenOutcome {
  readonly type: "outcome";
  readonly outcome: "hardened" | "as-before" | "unproved";
  /** Where the file as it was before is kept on the server; null when nothing was changed. */
  readonly backupFile: string | null;
  readonly failure: FailureReport | null;
}
