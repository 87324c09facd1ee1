import type { StepHands } from "../../src/service/flows/perform.js";

/** Hands for a machine on which no daemon answers, and waiting takes no time. */
export function stepHands(run: StepHands["run"], changes: Partial<StepHands> = {}): StepHands {
  let nowMs = 0;
  return {
    run,
    daemon: { ask: async () => undefined, end: async () => {}, start: async () => {} },
    pace: {
      monotonicMs: () => nowMs,
      sleep: async (delayMs, signal) => {
        nowMs += delayMs;
        return !signal.aborted;
      },
    },
    onStep: () => {},
    ...changes,
  };
}
