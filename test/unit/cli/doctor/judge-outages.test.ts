import { describe, expect, it } from "vitest";
import { judgeOutages } from "../../../../src/cli/doctor/judge-outages.js";
import type { OutageStatus } from "../../../../src/tunnel/status.js";
import { tunnelFacts } from "./facts.js";

const nowMs = Date.parse("2026-01-02T12:00:00.000Z");
const minute = 60_000;
const iso = (atMs: number) => new Date(atMs).toISOString();

function outage(startedMs: number, lengthMs: number, cause: string): OutageStatus {
  return { startedAt: iso(startedMs), endedAt: iso(startedMs + lengthMs), durationMs: lengthMs, cause, noticedBy: "socket" };
}

function judge(outages: readonly OutageStatus[], sleepEndsMs: readonly number[] = [], isServiceInstalled = true) {
  const nothing = { day: 0, week: 0, month: 0 };
  const history = {
    name: "x",
    uptime: nothing,
    wantedMs: nothing,
    outageCount: nothing,
    meanTimeToRecoverMs: 0,
    openOutage: null,
    outages,
  };
  const sleeps = sleepEndsMs.map((endMs) => ({ startedAt: iso(endMs - 60 * minute), endedAt: iso(endMs) }));
  return judgeOutages(tunnelFacts({ nowMs, history, sleeps, isServiceInstalled }));
}

/** Newest first, each this long after the one before. */
const every = (lengthsMs: readonly number[], cause: string) => {
  let atMs = nowMs - 10 * minute;
  return lengthsMs.map((lengthMs) => {
    const found = outage(atMs, 1_000, cause);
    atMs -= lengthMs;
    return found;
  });
};

describe("a tunnel that comes and goes", () => {
  it("is cut by a rule when its sessions all last as long", () => {
    const found = judge(every([10 * minute, 10 * minute, 11 * minute, 10 * minute], "peer-silent"));
    expect(found).toMatchObject({ code: "often-cut", seen: "4 sessions in a day ended after about 10 min 59 s each (peer-silent)" });
    expect(found?.todo[0]?.commands[0]).toContain("clientalive");
  });

  it("has had bad weather when they do not", () => {
    expect(judge(every([10 * minute, 100 * minute, 3 * minute, 50 * minute], "peer-silent"))).toBeUndefined();
    expect(judge(every([10 * minute, 10 * minute], "peer-silent"))).toBeUndefined();
    expect(judge(every([10 * minute, 10 * minute, 10 * minute], "connection-refused"))).toBeUndefined();
  });

  it("is kept by nobody when its daemon died without a service", () => {
    const deaths = [outage(nowMs - 60 * minute, 30 * minute, "daemon-died")];
    expect(judge(deaths, [], false)).toMatchObject({ code: "died-unattended" });
    expect(judge(deaths, [], true)).toBeUndefined();
  });

  it("is slow after a sleep when it comes back minutes after the wake", () => {
    const wokeMs = nowMs - 60 * minute;
    expect(judge([outage(wokeMs - 1_000, 5 * minute, "peer-silent")], [wokeMs])).toMatchObject({ code: "slow-after-sleep" });
    expect(judge([outage(wokeMs - 1_000, 3_000, "peer-silent")], [wokeMs])).toBeUndefined();
  });

  it("is judged by its last day alone", () => {
    expect(judge([outage(nowMs - 40 * 60 * minute, 60 * minute, "daemon-died")], [], false)).toBeUndefined();
  });
});
