import type { DeepAnswer } from "./answer.js";

/** The last deep check of one gateway. */
export interface DeepPast {
  readonly answer: DeepAnswer;
  readonly atMs: number;
  /** Which token it had, without showing it. Null when there was none to be had. */
  readonly tokenPrint: string | null;
}

/**
 * Whether it is time for a deep check. Times are monotonic. Another token, gateway or wish of a person makes it so at once (the
 * last two by forgetting the past); a verdict that does not heal by itself is not asked for again without that.
 */
export function isDeepDue(past: DeepPast | undefined, tokenPrint: string | null, everyMs: number, nowMs: number): boolean {
  if (past === undefined || past.tokenPrint !== tokenPrint) return true;
  const pauseMs = past.answer.state === "ok" ? everyMs : past.answer.againInMs;
  return pauseMs !== null && nowMs - past.atMs >= pauseMs;
}
