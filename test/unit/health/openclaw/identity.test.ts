import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareGateways, type GatewayLook } from "../../../../src/health/openclaw/identity.js";

const hourMs = 3_600_000;
const duration = fc.integer({ min: 0, max: 1_000 * hourMs });
const jitter = fc.integer({ min: -900, max: 900 });

function look(changes: Partial<GatewayLook> = {}): GatewayLook {
  return { uptimeMs: 5 * hourMs, wallMs: 1e12, monotonicMs: 9 * hourMs, bootId: null, ...changes };
}

/** The next look, `elapsedMs` later by both clocks. */
function later(before: GatewayLook, elapsedMs: number, changes: Partial<GatewayLook>): GatewayLook {
  return { ...before, wallMs: before.wallMs + elapsedMs, monotonicMs: before.monotonicMs + elapsedMs, ...changes };
}

describe("the gateway that answers now", () => {
  it("is the same when it has grown older by the time that has passed, however long that was", () => {
    fc.assert(
      fc.property(duration, duration, jitter, (uptimeMs, elapsedMs, off) => {
        const before = look({ uptimeMs });
        expect(compareGateways(before, later(before, elapsedMs, { uptimeMs: uptimeMs + elapsedMs + off }))).toBe("same");
      }),
    );
  });

  it("is that one restarted when it began after it was last seen", () => {
    fc.assert(
      fc.property(duration, duration, fc.nat(), (uptimeMs, elapsedMs, age) => {
        const before = look({ uptimeMs: uptimeMs + 10_000 });
        const now = later(before, elapsedMs + 1, { uptimeMs: age % (elapsedMs + 1) });
        expect(compareGateways(before, now)).toBe("restarted");
      }),
    );
  });

  it("is another when it already ran as the other was last seen, and has another beginning", () => {
    fc.assert(
      fc.property(
        duration,
        fc.integer({ min: 0, max: hourMs }),
        fc.integer({ min: 5_000, max: 1_000 * hourMs }),
        (uptimeMs, elapsedMs, off) => {
          const older = look({ uptimeMs });
          expect(compareGateways(older, later(older, elapsedMs, { uptimeMs: uptimeMs + elapsedMs + off }))).toBe("different");
          const younger = look({ uptimeMs: uptimeMs + 2 * off });
          expect(compareGateways(younger, later(younger, elapsedMs, { uptimeMs: uptimeMs + elapsedMs + off }))).toBe("different");
        },
      ),
    );
  });

  it("is never another for the reason that our own clock was set, or that this machine slept", () => {
    fc.assert(
      fc.property(duration, duration, fc.integer({ min: -500 * hourMs, max: 500 * hourMs }), (uptimeMs, elapsedMs, jumpMs) => {
        const before = look({ uptimeMs });
        const grown = { uptimeMs: uptimeMs + elapsedMs };
        const clockSet = later(before, elapsedMs, { ...grown, wallMs: before.wallMs + elapsedMs + jumpMs });
        expect(compareGateways(before, clockSet)).not.toBe("different");
        const slept = later(before, elapsedMs, { ...grown, monotonicMs: before.monotonicMs + Math.floor(elapsedMs / 3) });
        expect(compareGateways(before, slept)).toBe("same");
      }),
    );
  });

  it("is the same whatever the clocks say when it names the same boot", () => {
    const before = look({ bootId: "a" });
    expect(compareGateways(before, later(before, 1_000, { uptimeMs: 900 * hourMs }))).toBe("same");
    expect(compareGateways(before, later(before, 1_000, { uptimeMs: 900 * hourMs, bootId: "b" }))).toBe("different");
  });
});
