import { describe, expect, it } from "vitest";
import { type HistoryQuestion, reportHistory } from "../../../../src/daemon/history/report.js";
import { day, HistoryScript, hour, iso, midnight } from "../../fixtures/history-script.js";

const script = new HistoryScript().daemonStarts().start("gone").open("gone").after(hour).stop("gone").start("db").open("db").after(hour);
const ask = (question: Partial<HistoryQuestion>, records: Parameters<typeof reportHistory>[0] = script.records) =>
  reportHistory(records, { nowMs: script.nowMs, diedAtMs: null, outagesMax: 10, tunnel: undefined, existing: ["new", "db"], ...question });
const namesOf = ({ tunnels }: ReturnType<typeof reportHistory>) => tunnels.map(({ name }) => name);

describe("the history of all tunnels", () => {
  it("has those that exist, in their order, and those that were wanted in the last month", () => {
    expect(namesOf(ask({}))).toEqual(["new", "db", "gone"]);
    expect(namesOf(ask({ nowMs: script.nowMs + 40 * day }))).toEqual(["new", "db"]);
  });

  it("says since when anything is known", () => {
    expect(ask({}).since).toBe(iso(midnight));
    expect(ask({}, [])).toMatchObject({ since: null, tunnels: [{ name: "new" }, { name: "db" }] });
  });

  it("says when the machine slept, the last time first, and nothing of a daemon that only stood still", () => {
    const gap = (atMs: number, kind: "suspend" | "stall") => ({ at: iso(atMs), type: "daemon-away" as const, kind, lengthMs: hour });
    const records = [gap(midnight + hour, "suspend"), gap(midnight + 3 * hour, "stall"), gap(midnight + 5 * hour, "suspend")];
    expect(ask({}, records).sleeps).toEqual([
      { startedAt: iso(midnight + 4 * hour), endedAt: iso(midnight + 5 * hour) },
      { startedAt: iso(midnight), endedAt: iso(midnight + hour) },
    ]);
  });

  it("knows nothing of a tunnel without a record, and says so", () => {
    expect(ask({}).tunnels[0]).toEqual({
      name: "new",
      uptime: { day: null, week: null, month: null },
      wantedMs: { day: 0, week: 0, month: 0 },
      outageCount: { day: 0, week: 0, month: 0 },
      meanTimeToRecoverMs: null,
      openOutage: null,
      outages: [],
    });
  });
});

describe("the history of one tunnel", () => {
  it.each(["new", "db", "gone"])("is there for %s", (tunnel) => {
    expect(namesOf(ask({ tunnel, nowMs: script.nowMs + 40 * day }))).toEqual([tunnel]);
  });

  it("is refused for a name that nothing ever had", () => {
    expect(() => ask({ tunnel: "nobody" })).toThrow(expect.objectContaining({ code: "tunnel-unknown" }));
  });
});
