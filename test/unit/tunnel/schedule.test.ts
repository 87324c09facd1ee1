import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Schedule } from "../../../src/config/schedule.js";
import {
  type Decision,
  earliest,
  firstDecision,
  isRenewalDue,
  nextTimes,
  reportSchedule,
  type Wanted,
  wantedNow,
} from "../../../src/tunnel/schedule.js";

/** Of a Thursday, Berlin time, in winter. */
const thursday = (time: string) => Date.parse(`2026-01-15T${time}+01:00`);
const friday = (time: string) => Date.parse(`2026-01-16T${time}+01:00`);
const saturday = (time: string) => Date.parse(`2026-01-17T${time}+01:00`);

function schedule(up?: string, down?: string, timeZone = "Europe/Berlin"): Schedule {
  const time = (cron?: string) => (cron === undefined ? undefined : { cron, timeZone });
  return { up: time(up), down: time(down), renew: undefined };
}

const [opens, closes] = ["0 8 * * *", "0 19 * * *"];
const office = schedule(opens, closes);
const workdays = schedule("0 8 * * 1-5", "0 19 * * 1-5");
const up = (atMs: number): Decision => ({ wanted: "up", atMs });
const down = (atMs: number): Decision => ({ wanted: "down", atMs });

describe("whether a tunnel is to be up", () => {
  it.each<[what: string, schedule: Schedule | undefined, decision: Decision | undefined, nowMs: number, wanted: string]>([
    ["without a schedule and a word", undefined, undefined, thursday("12:00"), "up by person"],
    ["without a schedule, after an up", undefined, up(thursday("11:00")), thursday("12:00"), "up by person"],
    ["without a schedule, after a down however long ago", undefined, down(0), thursday("12:00"), "down by person"],

    ["written into the config at noon", office, undefined, thursday("12:00"), "up by schedule"],
    ["written into the config in the evening", office, undefined, thursday("21:00"), "down by schedule"],
    ["written into the config at night", office, undefined, thursday("03:00"), "down by schedule"],
    ["at the very time to open", office, undefined, thursday("08:00"), "up by schedule"],
    ["a millisecond before", office, undefined, thursday("08:00") - 1, "down by schedule"],
    ["at the very time to close", office, undefined, thursday("19:00"), "down by schedule"],
    ["on a weekend", workdays, undefined, saturday("12:00"), "down by schedule"],

    ["opened by a person outside its hours", office, up(thursday("20:30")), thursday("21:00"), "up by person"],
    ["opened by a person, until it closes", office, up(thursday("20:30")), friday("18:59"), "up by schedule"],
    ["opened by a person, when it has closed", office, up(thursday("20:30")), friday("19:00"), "down by schedule"],
    ["taken down by a person in its hours", office, down(thursday("12:00")), thursday("13:00"), "down by person"],
    ["taken down by a person, in the evening", office, down(thursday("12:00")), thursday("21:00"), "down by schedule"],
    ["taken down by a person, the next morning", office, down(thursday("12:00")), friday("08:00"), "up by schedule"],
    ["taken down on Friday, on Saturday", workdays, down(friday("12:00")), saturday("12:00"), "down by schedule"],
    ["decided in the instant of the schedule", office, down(thursday("08:00")), thursday("08:00"), "down by person"],

    ["slept through an evening and a morning", office, up(thursday("18:00")), friday("09:00"), "up by schedule"],
    ["slept through a morning and an evening", office, down(thursday("07:00")), friday("07:00"), "down by schedule"],
    ["slept through a week", workdays, down(thursday("12:00") - 7 * 86_400_000), thursday("12:00"), "up by schedule"],

    ["with only a time to open, and not a word", schedule(opens), undefined, thursday("03:00"), "up by schedule"],
    ["with only a time to open, taken down", schedule(opens), down(thursday("12:00")), thursday("23:00"), "down by person"],
    ["with only a time to open, the next morning", schedule(opens), down(thursday("12:00")), friday("08:00"), "up by schedule"],
    ["with only a time to close, and not a word", schedule(undefined, closes), undefined, thursday("21:00"), "up by person"],
    ["with only a time to close, before it", schedule(undefined, closes), up(thursday("12:00")), thursday("18:00"), "up by person"],
    ["with only a time to close, after it", schedule(undefined, closes), up(thursday("12:00")), friday("12:00"), "down by schedule"],

    ["with both at once", schedule(opens, opens), undefined, thursday("12:00"), "up by schedule"],
    ["decided in a future that the clock was set back from", office, down(friday("12:00")), thursday("12:00"), "down by person"],
    [
      "in another zone, where it is still early",
      schedule(opens, closes, "America/New_York"),
      undefined,
      thursday("12:00"),
      "down by schedule",
    ],
    ["in another zone, where it has begun", schedule(opens, closes, "America/New_York"), undefined, thursday("14:00"), "up by schedule"],
  ])("%s", (_, schedule, decision, nowMs, expected) => {
    const { wanted, by } = wantedNow({ schedule, decision, nowMs });
    expect(`${wanted} by ${by}`).toBe(expected);
  });

  it.each([
    ["spring, before the hour that is left out", "2026-03-29T01:59:00+01:00", "down"],
    ["spring, right after it, though 02:30 never was", "2026-03-29T03:30:00+02:00", "up"],
    ["spring, later that day", "2026-03-29T12:00:00+02:00", "up"],
    ["spring, when it has closed", "2026-03-29T19:00:00+02:00", "down"],
    ["autumn, before the first 02:30", "2026-10-25T02:29:00+02:00", "down"],
    ["autumn, between the two", "2026-10-25T02:10:00+01:00", "up"],
    ["autumn, after the second", "2026-10-25T02:31:00+01:00", "up"],
    ["autumn, when it has closed", "2026-10-25T19:00:00+01:00", "down"],
  ])("opens at 02:30 also in %s", (_, now, wanted) => {
    const night = schedule("30 2 * * *", closes);
    expect(wantedNow({ schedule: night, decision: undefined, nowMs: Date.parse(now) }).wanted).toBe(wanted);
  });

  it("is not opened a second time at the second 02:30 of autumn", () => {
    const night = schedule("30 2 * * *", closes);
    const decision = down(Date.parse("2026-10-25T02:45:00+02:00"));
    expect(wantedNow({ schedule: night, decision, nowMs: Date.parse("2026-10-25T02:40:00+01:00") })).toEqual({
      wanted: "down",
      by: "person",
    });
  });
});

/** Finding an occurrence takes milliseconds. */
const fewRuns = { numRuns: 30 };

describe("whatever is decided, and whenever one looks", () => {
  const crons = fc.constantFrom("0 8 * * *", "0 19 * * 1-5", "30 2 * * *", "*/20 * * * *", "0 0 1 * *");
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const schedules = fc.tuple(maybe(crons), maybe(crons), fc.constantFrom("Europe/Berlin", "UTC"));
  const nowMs = fc.integer({ min: Date.parse("2026-01-01"), max: Date.parse("2027-01-01") });
  const check = (judge: (moment: { schedule: Schedule; nowMs: number }, decide: (agoMs: number) => Decision) => void) =>
    fc.assert(
      fc.property(schedules, nowMs, fc.constantFrom("up" as const, "down" as const), ([one, other, zone], now, wanted) =>
        judge({ schedule: schedule(one, other, zone), nowMs: now }, (agoMs) => ({ wanted, atMs: now - agoMs })),
      ),
      fewRuns,
    );

  it("does what a person has just said", () => {
    check((moment, decide) => {
      expect(wantedNow({ ...moment, decision: decide(0) })).toEqual({ wanted: decide(0).wanted, by: "person" });
    });
  });

  it("says the same until the next time of the schedule", () => {
    check(({ schedule, nowMs }, decide) => {
      const decision = decide(3_600_000);
      const next = earliest([nextTimes(schedule, nowMs)]);
      const [first, last] = [nowMs, (next ?? nowMs + 1) - 1].map((nowMs): Wanted => wantedNow({ schedule, decision, nowMs }));
      expect(last).toEqual(first);
    });
  });

  it("has the next time of the schedule change it to what that time is for", () => {
    check(({ schedule, nowMs }, decide) => {
      const times = nextTimes(schedule, nowMs);
      const next = earliest([times]);
      if (next === undefined) return;
      const expected = { wanted: times.upMs === next ? "up" : "down", by: "schedule" };
      expect(wantedNow({ schedule, decision: decide(0), nowMs: next })).toEqual(expected);
    });
  });
});

describe("what is remembered of a tunnel at first sight", () => {
  const nowMs = thursday("12:00");

  it("is that it was opened, when its schedule only closes it", () => {
    expect(firstDecision({ schedule: schedule(undefined, closes), decision: undefined, nowMs })).toEqual(up(nowMs));
  });

  it.each([
    ["without a schedule", undefined, undefined],
    ["with both times", office, undefined],
    ["with something decided already", schedule(undefined, closes), down(nowMs - 1)],
  ])("is nothing %s", (_, schedule, decision) => {
    expect(firstDecision({ schedule, decision, nowMs })).toBeUndefined();
  });
});

describe("what comes next", () => {
  it("is told in the words of status, with null for what never comes", () => {
    expect(reportSchedule(nextTimes(schedule(opens), thursday("12:00")))).toEqual({
      nextUpAt: "2026-01-16T07:00:00.000Z",
      nextDownAt: null,
      nextRenewAt: null,
    });
    expect(reportSchedule(undefined)).toBeNull();
  });

  it("is the earliest of all tunnels", () => {
    expect(earliest([nextTimes(office, thursday("12:00")), nextTimes(schedule("30 13 * * *"), thursday("12:00"))])).toBe(thursday("13:30"));
    expect(earliest([])).toBeUndefined();
  });
});

describe("a renewal", () => {
  const dueMs = thursday("03:00");
  it.each([
    ["is not due before its time", dueMs - 1, false],
    ["is due at its time", dueMs, true],
    ["is due a little late", dueMs + 60_000, true],
    ["is not made up for", dueMs + 60_001, false],
  ])("%s", (_, nowMs, isDue) => {
    expect(isRenewalDue(dueMs, nowMs)).toBe(isDue);
  });

  it("is never due without a time", () => {
    expect(isRenewalDue(undefined, dueMs)).toBe(false);
  });
});
