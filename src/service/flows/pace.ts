import { sleep } from "../../base/abort.js";

/** How a flow waits. A test's own is not kept waiting. */
export interface Pace {
  monotonicMs(): number;
  /** Tells whether the whole time passed, and not `signal` ended it. */
  sleep(delayMs: number, signal: AbortSignal): Promise<boolean>;
}

export const systemPace: Pace = { monotonicMs: () => performance.now(), sleep };
