import { describe, expect, it } from "vitest";
import { exitCodeOfFailure, exitCodeOfTunnels } from "../../../src/cli/exit-code.js";
import type { TunnelStatus } from "../../../src/tunnel/status.js";
import { secretPrompt, tunnelStatus } from "../fixtures/tunnel-status.js";

const verified = tunnelStatus();
const degraded = tunnelStatus({ health: "degraded" });
const unproved = tunnelStatus({ health: "unknown" });
const waiting = tunnelStatus({ phase: "waiting", health: "unknown" });
const connecting = tunnelStatus({ phase: "connecting", health: "unknown" });
const held = tunnelStatus({ phase: "held", health: "unknown" });
const asking = tunnelStatus({ phase: "connecting", health: "unknown", prompt: secretPrompt });
const stopped = tunnelStatus({ phase: "stopped", health: "unknown" });
const scheduledDown = tunnelStatus({ phase: "stopped", reason: "schedule", health: "unknown" });

describe("the exit code of tunnels", () => {
  it.each<[string, TunnelStatus[], number]>([
    ["0 when each is verified", [verified, verified], 0],
    ["0 when there is none", [], 0],
    ["0 when the only other is down on request", [verified, stopped], 0],
    ["0 when the only other is down by its schedule", [verified, scheduledDown], 0],
    ["4 while one connects", [verified, connecting], 4],
    ["4 while one waits", [waiting], 4],
    ["4 while a session stands that nothing has answered through", [unproved], 4],
    ["4 while a service does not answer", [verified, degraded], 4],
    ["5 while a log-in asks what only a person knows", [verified, asking], 5],
    ["5 when one needs a person, though another only waits", [waiting, held, verified], 5],
  ])("is %s", (_, tunnels, code) => {
    expect(exitCodeOfTunnels(tunnels, false)).toBe(code);
  });

  it("is 5 for a tunnel that is down, when it was named: waiting does not bring it up", () => {
    expect(exitCodeOfTunnels([verified, stopped], true)).toBe(5);
  });
});

describe("the exit code of a failure", () => {
  it.each([
    ["usage", 2],
    ["target-invalid", 2],
    ["forward-invalid", 2],
    ["bind-public", 2],
    ["tunnel-unknown", 2],
    ["daemon-not-running", 3],
    ["internal", 1],
    ["config-invalid", 1],
    ["daemon-start-failed", 1],
  ] as const)("%s exits with %d", (failure, code) => {
    expect(exitCodeOfFailure(failure)).toBe(code);
  });
});
