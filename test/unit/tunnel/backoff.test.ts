import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retryDelayMs } from "../../../src/tunnel/backoff.js";

const policy = { firstDelayMs: 200, maxDelayMs: 30_000, steadyAfterMs: 30_000 };
const almostOne = 1 - Number.EPSILON;

describe("the delay before a retry", () => {
  it("is nothing after the first failure, whatever chance says", () => {
    expect(retryDelayMs(1, almostOne, policy)).toBe(0);
  });

  it("has a cap that begins with the first delay, doubles, and stops at the longest", () => {
    const caps = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((failures) => Math.ceil(retryDelayMs(failures, almostOne, policy) / 100) * 100);
    expect(caps).toEqual([200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
  });

  it("may be anything under the cap, so that many clients do not knock together", () => {
    expect(retryDelayMs(9, 0, policy)).toBe(0);
    expect(retryDelayMs(9, 0.25, policy)).toBe(6_400);
    expect(retryDelayMs(9, 0.5, policy)).toBe(12_800);
  });

  it("stays a whole number within bounds after any number of failures, under any policy", () => {
    const policies = fc.record({
      firstDelayMs: fc.integer({ min: 1, max: 86_400_000 }),
      maxDelayMs: fc.integer({ min: 1, max: 86_400_000 }),
    });
    const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), chances, policies, (failures, chance, limits) => {
        const delayMs = retryDelayMs(failures, chance, { ...limits, steadyAfterMs: 0 });
        expect(Number.isInteger(delayMs)).toBe(true);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(limits.maxDelayMs);
      }),
    );
  });
});
