import { describe, expect, it } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import { reasonOf } from "../../../src/tunnel/report.js";
import type { TunnelState } from "../../../src/tunnel/state.js";

const failure = new Failure("port-busy", "somebody has it");

describe("the reason for a phase", () => {
  it.each<[string, TunnelState]>([
    ["new", { phase: "stopped", sinceMs: 0, reason: "new" }],
    ["schedule", { phase: "stopped", sinceMs: 0, reason: "schedule" }],
    ["shutdown", { phase: "stopped", sinceMs: 0, reason: "shutdown" }],
    ["restart-asked", { phase: "connecting", sinceMs: 0, reason: "restart-asked", failures: 0, failure: null }],
    ["session-stands", { phase: "up", sinceMs: 0, failures: 0, isProven: false, isDoubted: false, renewal: null }],
    ["port-busy", { phase: "waiting", sinceMs: 0, failure, failures: 1, retryAtMs: 0 }],
    ["port-busy", { phase: "held", sinceMs: 0, failure }],
  ])("is %s in %o", (reason, state) => {
    expect(reasonOf(state)).toBe(reason);
  });
});
