import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cronProblem, occurrencesAround, timeZoneProblem } from "../../../src/config/cron.js";

const berlin = "Europe/Berlin";
const at = (iso: string) => Date.parse(iso);
const iso = (ms: number) => new Date(ms).toISOString();

describe("a cron expression", () => {
  it.each([
    ["0 8 * * 1-5"],
    ["30 0 8 * * 1-5"],
    ["*/15 8-18 * * mon-fri"],
    ["0 0 29 2 *"],
    ["0 0 L * *"],
    ["0 9 * jan,jul 1#1"],
    ["0  8\t* * *"],
  ])("may be %j", (cron) => {
    expect(cronProblem(cron)).toBeUndefined();
  });

  it.each([
    ["", "must be five cron fields"],
    ["0 8 * *", "must be five cron fields"],
    ["0 0 0 8 * * *", "must be five cron fields"],
    ["@daily", "must be five cron fields"],
    ["61 8 * * *", '"61" cannot be the minute, which is 0-59'],
    ["0 25 * * *", '"25" cannot be the hour, which is 0-23'],
    ["0 8 32 * *", '"32" cannot be the day of the month, which is 1-31'],
    ["0 8 * 13 *", '"13" cannot be the month, which is 1-12'],
    ["0 8 * * funday", '"funday" cannot be the weekday, which is 0-7'],
    ["0 8 * * L", '"L" cannot be the weekday'],
    ["*/0 8 * * *", '"*/0" cannot be the minute'],
    ["61 0 8 * * *", '"61" cannot be the second, which is 0-59'],
    ["0 8 30 2 *", '"0 8 30 2 *" never comes: there is no such day in that month'],
    ["0 8 31 4,6 *", '"0 8 31 4,6 *" never comes'],
  ])("cannot be %j: %s", (cron, problem) => {
    expect(cronProblem(cron)).toContain(problem);
  });
});

describe("a time zone", () => {
  it.each(["Europe/Berlin", "America/New_York", "UTC"])("may be %s", (zone) => {
    expect(timeZoneProblem(zone)).toBeUndefined();
  });

  it.each(["", "Mars/Base", "local", "+01:00", "Europe/Berlin "])("cannot be %j", (zone) => {
    expect(timeZoneProblem(zone)).toBe(`"${zone}" is not a time zone: a name like Europe/Berlin or UTC is`);
  });
});

describe("the occurrences around a moment", () => {
  const around = (cron: string, moment: string, timeZone = berlin) => {
    const { lastMs, nextMs } = occurrencesAround({ cron, timeZone }, at(moment));
    return [iso(lastMs), iso(nextMs)];
  };

  it.each([
    ["an hour before", "2026-01-15T06:00:00.000Z", "2026-01-14T07:00:00.000Z", "2026-01-15T07:00:00.000Z"],
    ["the last millisecond before", "2026-01-15T06:59:59.999Z", "2026-01-14T07:00:00.000Z", "2026-01-15T07:00:00.000Z"],
    ["the very moment", "2026-01-15T07:00:00.000Z", "2026-01-15T07:00:00.000Z", "2026-01-16T07:00:00.000Z"],
    ["a millisecond after", "2026-01-15T07:00:00.001Z", "2026-01-15T07:00:00.000Z", "2026-01-16T07:00:00.000Z"],
    ["in summer", "2026-07-15T06:30:00.000Z", "2026-07-15T06:00:00.000Z", "2026-07-16T06:00:00.000Z"],
  ])("are those of its time zone: %s", (_, moment, last, next) => {
    expect(around("0 8 * * *", moment)).toEqual([last, next]);
  });

  it("may be years apart", () => {
    expect(around("0 0 29 2 *", "2026-01-15T06:00:00Z", "UTC")).toEqual(["2024-02-29T00:00:00.000Z", "2028-02-29T00:00:00.000Z"]);
  });

  it("have seconds when they are asked for", () => {
    expect(around("10,40 * * * * *", "2026-01-15T06:00:20Z")).toEqual(["2026-01-15T06:00:10.000Z", "2026-01-15T06:00:40.000Z"]);
  });

  it("come right after the hour that the spring leaves out", () => {
    const [day, moved, nextDay] = ["2026-03-28T01:30:00.000Z", "2026-03-29T01:30:00.000Z", "2026-03-30T00:30:00.000Z"];
    expect(around("30 2 * * *", "2026-03-29T00:59:00Z")).toEqual([day, moved]);
    expect(around("30 2 * * *", "2026-03-29T01:29:59Z")).toEqual([day, moved]);
    expect(around("30 2 * * *", "2026-03-29T01:30:00Z")).toEqual([moved, nextDay]);
    expect(around("30 2 * * *", "2026-03-29T20:00:00Z")).toEqual([moved, nextDay]);
  });

  it("come once in the hour that the autumn repeats, whenever one looks", () => {
    const [day, once, nextDay] = ["2026-10-24T00:30:00.000Z", "2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z"];
    expect(around("30 2 * * *", "2026-10-25T00:29:00Z")).toEqual([day, once]);
    for (const moment of ["2026-10-25T00:30:00Z", "2026-10-25T01:10:00Z", "2026-10-25T01:40:00Z", "2026-10-25T20:00:00Z"]) {
      expect(around("30 2 * * *", moment)).toEqual([once, nextDay]);
    }
  });

  it("go on through the repeated hour when every hour is meant", () => {
    expect(around("*/20 * * * *", "2026-10-25T01:30:00Z")).toEqual(["2026-10-25T01:20:00.000Z", "2026-10-25T01:40:00.000Z"]);
  });

  const zones = fc.constantFrom(berlin, "America/New_York", "Australia/Lord_Howe", "UTC");
  const minutes = fc.constantFrom("0", "30", "45", "*/20");
  const hours = fc.constantFrom("*", "0", "1", "2", "3", "1-4", "23");
  const days = fc.constantFrom("*", "1-5", "0");
  const crons = fc.tuple(minutes, hours, days).map(([minute, hour, day]) => `${minute} ${hour} * * ${day}`);
  // Around the changes of the clocks of all these zones.
  const changes = ["2026-03-08T07:00:00Z", "2026-03-29T01:00:00Z", "2026-04-04T15:00:00Z", "2026-10-03T15:30:00Z", "2026-10-25T01:00:00Z"];
  const moments = fc.tuple(fc.constantFrom(...changes), fc.integer({ min: -36 * 3_600_000, max: 36 * 3_600_000 }));

  it("are neighbours: nothing is skipped, and nothing told twice, from wherever one looks", () => {
    fc.assert(
      fc.property(crons, zones, moments, (cron, timeZone, [change, offsetMs]) => {
        const nowMs = at(change) + offsetMs;
        const { lastMs, nextMs } = occurrencesAround({ cron, timeZone }, nowMs);
        expect(lastMs).toBeLessThanOrEqual(nowMs);
        expect(nextMs).toBeGreaterThan(nowMs);
        expect(occurrencesAround({ cron, timeZone }, lastMs)).toEqual({ lastMs, nextMs });
        expect(occurrencesAround({ cron, timeZone }, nextMs).lastMs).toBe(nextMs);
        expect(occurrencesAround({ cron, timeZone }, lastMs - 1).nextMs).toBe(lastMs);
      }),
      { numRuns: 30 },
    );
  });
});
