import type { Address } from "../../base/address.js";
import { Failure } from "../../base/failure.js";
import type { UnknownHostKey } from "../../ssh/session.js";

/** What came of the log-in at one of several targets. */
export interface Trial {
  /** Its place in the config. */
  readonly index: number;
  /** Where a TCP connect tells whether it is there again; null where none does. */
  readonly firstHop: Address | null;
  readonly failure: Failure;
  /** The key that it showed and nobody knows. */
  readonly unknownHostKey: UnknownHostKey | undefined;
}

/** None of several targets let us in. Its code and hint are those of the trial that helps most; its message tells of each. */
export class NoTargetLetIn extends Failure {
  /** In the order of the config. */
  readonly trials: readonly Trial[];

  constructor(trials: readonly Trial[]) {
    const inOrder = trials.toSorted((one, other) => one.index - other.index);
    const { code, hint } = mostUseful(inOrder.map(({ failure }) => failure));
    const asksTrust = code !== "host-key-unknown" && unknownHostKeyOf(inOrder) !== undefined;
    super(code, `none of the ${trials.length} targets let us in: ${inOrder.map(({ failure }) => failure.message).join("; ")}`, {
      hint: asksTrust ? `${hint} One of them shows a host key that nobody knows: \`clawtunnel trust NAME\`.` : hint,
      cause: inOrder[0]?.failure,
    });
    this.trials = inOrder;
  }
}

/**
 * Of failures in the order of the config: one that heals, where there is one, of the last resort, which is there from everywhere; else
 * the first of a server that was known for ours; else the first.
 */
function mostUseful(failures: readonly Failure[]): Failure {
  const heals = failures.findLast(({ recovery }) => recovery === "retry");
  const found = heals ?? failures.find((failure) => !isOfHostKey(failure)) ?? failures[0];
  if (found === undefined) throw new Error("no target was tried");
  return found;
}

function unknownHostKeyOf(trials: readonly Trial[]): UnknownHostKey | undefined {
  return trials.find(({ unknownHostKey }) => unknownHostKey !== undefined)?.unknownHostKey;
}

function isOfHostKey({ code }: Failure): boolean {
  return code.startsWith("host-key-");
}

/** The failures that a tunnel waits or is held for: one for each target that was tried. */
export function causesOf(failure: Failure): readonly Failure[] {
  return failure instanceof NoTargetLetIn ? failure.trials.map((trial) => trial.failure) : [failure];
}

/** Whether a person may accept a key by which one target could be used. */
export function asksForHostKey(failure: Failure): boolean {
  return causesOf(failure).some(({ code }) => code === "host-key-unknown");
}

/** Whether on another network another machine may be at the same address: one that was not ours was at one of several. */
export function dependsOnNetwork(failure: Failure): boolean {
  return failure instanceof NoTargetLetIn && failure.trials.some((trial) => isOfHostKey(trial.failure));
}

/** The key that a failure is about, if it is about one. */
export function unknownKeyIn(failure: unknown): UnknownHostKey | undefined {
  return failure instanceof NoTargetLetIn ? unknownHostKeyOf(failure.trials) : undefined;
}
