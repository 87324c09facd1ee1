import { describe, expect, it } from "vitest";
import { type AuditMoment, isAuditDue } from "../../../../src/daemon/openclaw/audit-times.js";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const nowMs = Date.parse("2026-01-15T12:00:00Z");
const moment = (changes: Partial<AuditMoment>): AuditMoment => ({
  tunnel: "openclaw",
  schedule: "weekly",
  triedMs: nowMs - 8 * dayMs,
  verifiedMs: nowMs - dayMs,
  nowMs,
  ...changes,
});

describe("whether an audit is due", () => {
  it.each<[string, Partial<AuditMoment>, boolean]>([
    ["a week and more after the last", {}, true],
    ["not while the tunnel is not verified", { verifiedMs: undefined }, false],
    ["never when it is off", { schedule: "off" }, false],
    ["not right after the last", { triedMs: nowMs }, false],
    ["not in the first minutes of a tunnel that was never looked behind", { triedMs: undefined, verifiedMs: nowMs - minuteMs }, false],
    ["after a few of them", { triedMs: undefined, verifiedMs: nowMs - 3 * minuteMs }, true],
    ["when a time of its cron was slept through", { schedule: "0 3 * * *", triedMs: nowMs - dayMs }, true],
    ["not again before the cron's next time", { schedule: "0 3 * * *", triedMs: nowMs - 60 * minuteMs }, false],
    ["not because the clock was set back", { triedMs: nowMs + 30 * dayMs }, false],
  ])("%s", (_what, changes, wanted) => {
    expect(isAuditDue(moment(changes))).toBe(wanted);
  });

  it("comes exactly once in a week", () => {
    let triedMs = nowMs;
    let count = 0;
    for (let atMs = nowMs; atMs < nowMs + 28 * dayMs; atMs += 10 * minuteMs) {
      if (!isAuditDue(moment({ triedMs, nowMs: atMs, verifiedMs: nowMs - dayMs }))) continue;
      triedMs = atMs;
      count += 1;
    }
    expect(count).toBe(4);
  });

  it("comes at another time for another tunnel", () => {
    const firstAt = (tunnel: string) => {
      let atMs = nowMs;
      while (!isAuditDue(moment({ tunnel, triedMs: nowMs, nowMs: atMs }))) atMs += minuteMs;
      return atMs;
    };
    expect(firstAt("openclaw")).not.toBe(firstAt("openclaw-2"));
  });
});
