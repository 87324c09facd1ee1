import { describe, expect, it } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import { noPast, remember, type TunnelPast } from "../../../src/tunnel/outage.js";
import type { TunnelState } from "../../../src/tunnel/state.js";

const second = (n: number) => Date.UTC(2026, 0, 1) + n * 1_000;
const silent = new Failure("peer-silent", "no answer");
const refused = new Failure("auth-rejected", "no");

const connecting = (s: number): TunnelState => ({
  phase: "connecting",
  sinceMs: second(s),
  reason: "retry-due",
  failures: 1,
  failure: null,
});
const up = (s: number): TunnelState => ({ phase: "up", sinceMs: second(s), failures: 0, isProven: false, isDoubted: false, renewal: null });
const waiting = (s: number, failure = silent): TunnelState => ({
  phase: "waiting",
  sinceMs: second(s),
  failure,
  failures: 1,
  retryAtMs: second(s),
});
const held = (s: number, failure = refused): TunnelState => ({ phase: "held", sinceMs: second(s), failure });
const stopped = (s: number): TunnelState => ({ phase: "stopped", sinceMs: second(s), reason: "asked" });

function pastOf(...states: TunnelState[]): TunnelPast {
  return states.slice(1).reduce((past, after, index) => remember(past, states[index] ?? after, after), noPast);
}

describe("a tunnel's past", () => {
  it("has no outage before a session ever stood, however often the log-in failed", () => {
    expect(pastOf(stopped(0), connecting(0), waiting(1), connecting(2), waiting(3), connecting(4), up(5))).toEqual(noPast);
  });

  it("counts an outage from the loss to the session that replaces it, under its first cause", () => {
    const later = new Failure("connection-refused", "nothing listens");
    const past = pastOf(up(0), waiting(10), connecting(10), waiting(12, later), connecting(13), up(15));
    expect(past).toEqual({
      reconnects: 1,
      lastOutage: {
        startedAt: "2026-01-01T00:00:10.000Z",
        endedAt: "2026-01-01T00:00:15.000Z",
        durationMs: 5_000,
        cause: "peer-silent",
        noticedBy: "keepalive",
      },
      openOutage: null,
    });
  });

  it("goes on with the outage while a person is needed", () => {
    const past = pastOf(up(0), waiting(10), connecting(10), held(11), connecting(60), up(61));
    expect(past.lastOutage).toMatchObject({ durationMs: 51_000, cause: "peer-silent" });
  });

  it("knows an outage that began with a need for a person", () => {
    expect(pastOf(up(0), held(10)).openOutage).toEqual({ startedMs: second(10), cause: "auth-rejected", noticedBy: "socket" });
  });

  it("counts every replaced session and tells of the last outage", () => {
    const past = pastOf(up(0), waiting(1), connecting(1), up(2), waiting(20), connecting(20), up(23));
    expect(past).toMatchObject({ reconnects: 2, lastOutage: { durationMs: 3_000 } });
  });

  it("does not call a restart that was asked for an outage", () => {
    expect(pastOf(up(0), connecting(10), up(11))).toEqual(noPast);
  });

  it("does not count the time that a tunnel was down on request", () => {
    const past = pastOf(up(0), waiting(10), stopped(11), connecting(500), up(501));
    expect(past).toEqual(noPast);
  });

  it("keeps what it knew when the tunnel is stopped", () => {
    const before = pastOf(up(0), waiting(1), connecting(1), up(2));
    expect(remember(before, up(2), stopped(9))).toEqual(before);
  });

  it("has no outage of negative length when the clock was set back", () => {
    expect(pastOf(up(0), waiting(100), connecting(1), up(2)).lastOutage).toMatchObject({ durationMs: 0 });
  });
});
