import type { BackoffPolicy } from "../config/tunnel-spec.js";

/**
 * How long to wait before the try that follows `failures` failures in a row (1 = the first has just happened).
 * The first retry is immediate; then full jitter (0 to the cap) under an exponential cap, so that many clients of one
 * server do not knock in the same instant. `chance` is uniform in [0, 1).
 */
export function retryDelayMs(failures: number, chance: number, policy: BackoffPolicy): number {
  if (failures <= 1) return 0;
  const exponent = Math.min(failures - 2, 52);
  const capMs = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** exponent);
  return Math.floor(chance * capMs);
}
