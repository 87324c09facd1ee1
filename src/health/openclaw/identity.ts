/** One look at a gateway that answered, and when that was, by both of our clocks. */
export interface GatewayLook {
  /** By the gateway's own wall clock. */
  readonly uptimeMs: number;
  readonly wallMs: number;
  /** May stand still while this machine sleeps. */
  readonly monotonicMs: number;
  /** Another one at each start; known from the deep check alone. */
  readonly bootId: string | null;
}

export type GatewayChange = "same" | "restarted" | "different";

/** A question's way there and back, and the grain of clocks. */
const toleranceMs = 2_000;

/**
 * Whether the gateway that answers now is the one that answered before. One that began after the other was last seen alive is that
 * one, restarted; one that already ran then, and is not it, is another. Where our two clocks disagree on how long ago that was (this
 * machine slept, or its clock was set) only what holds by both is believed.
 */
export function compareGateways(before: GatewayLook, now: GatewayLook): GatewayChange {
  if (before.bootId !== null && before.bootId === now.bootId) return "same";
  const elapsed = [now.wallMs - before.wallMs, now.monotonicMs - before.monotonicMs];
  const leastMs = Math.max(0, Math.min(...elapsed)) - toleranceMs;
  const mostMs = Math.max(...elapsed) + toleranceMs;
  const grownMs = now.uptimeMs - before.uptimeMs;
  if (grownMs >= leastMs && grownMs <= mostMs) return "same";
  if (now.uptimeMs <= mostMs) return "restarted";
  const isTimeSure = mostMs - leastMs <= 4 * toleranceMs;
  return isTimeSure ? "different" : "same";
}
