import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Schedule } from "../../../../src/config/schedule.js";
import { Decisions } from "../../../../src/daemon/timetable/decisions.js";
import { Timetable, type TimetableTunnel } from "../../../../src/daemon/timetable/timetable.js";
import { reasonOf } from "../../../../src/tunnel/report.js";
import type { TunnelState } from "../../../../src/tunnel/state.js";
import { Cleanups } from "../../../support/cleanups.js";

const cleanups = new Cleanups();
afterEach(cleanups.run);

const at = (time: string, day = "15") => Date.parse(`2026-01-${day}T${time}Z`);
const time = (cron: string) => ({ cron, timeZone: "UTC" });
const office: Schedule = { up: time("0 8 * * *"), down: time("0 19 * * *"), renew: undefined };

/** A daemon's timetable on clocks and with an alarm of the test's own, and one tunnel that does as it is told. */
function makeDay(nowMs: number, schedule: Schedule | undefined) {
  const renewals: number[] = [];
  const clock = { nowMs: () => day.nowMs, monotonicMs: () => 0 };
  const stateFile = join(cleanups.folder(), "state.json");
  const state = (phase: "stopped" | "connecting", reason: string) => ({ phase, sinceMs: 0, reason, failures: 0 }) as unknown as TunnelState;
  const runner = {
    spec: { name: "db" },
    state: state("stopped", "new"),
    handle: (event: Parameters<TimetableTunnel["runner"]["handle"]>[0]) => {
      if (event.type === "stop" || event.type === "start")
        runner.state = state(event.type === "stop" ? "stopped" : "connecting", event.reason);
    },
  };
  const tunnel: TimetableTunnel & { schedule: Schedule | undefined } = { schedule, scheduleTimes: undefined, runner };
  const start = () =>
    new Timetable({
      clock,
      decisions: new Decisions(stateFile, (error) => {
        throw error;
      }),
      alarm: {
        set: (atMs, ring) => {
          day.alarmMs = atMs;
          day.ring = ring;
        },
      },
      tunnels: () => [tunnel],
      renew: () => renewals.push(day.nowMs),
    });
  const day = {
    nowMs,
    alarmMs: undefined as number | undefined,
    ring: () => {},
    tunnel,
    runner,
    renewals,
    start,
    /** Time passes, and the alarm rings on the way as often as it is set to. */
    until: (untilMs: number) => {
      while (day.alarmMs !== undefined && day.alarmMs <= untilMs) {
        day.nowMs = day.alarmMs;
        day.ring();
      }
      day.nowMs = untilMs;
    },
    state: () => `${runner.state.phase}: ${reasonOf(runner.state)}`,
  };
  return day;
}

describe("a timetable", () => {
  it("opens and closes a tunnel at its times, for days", () => {
    const day = makeDay(at("06:00"), office);
    day.start().follow("daemon-started");
    const seen = ["07:59", "08:00", "18:59", "19:00", "23:00"].flatMap((time) => {
      day.until(at(time));
      return day.state();
    });
    expect(seen).toEqual(["stopped: schedule", "connecting: schedule", "connecting: schedule", "stopped: schedule", "stopped: schedule"]);
    day.until(at("08:00", "20"));
    expect(day.state()).toBe("connecting: schedule");
    expect(day.alarmMs).toBe(at("19:00", "20"));
  });

  it("says that the daemon's start opens what belongs up", () => {
    const day = makeDay(at("12:00"), office);
    day.start().follow("daemon-started");
    expect(day.state()).toBe("connecting: daemon-started");
  });

  it("makes up for what a sleep has jumped over, however many times it was, once", () => {
    const day = makeDay(at("12:00"), office);
    const timetable = day.start();
    timetable.follow("daemon-started");
    day.nowMs = at("22:00", "18");
    timetable.follow("schedule");
    expect(day.state()).toBe("stopped: schedule");
    expect(day.alarmMs).toBe(at("08:00", "19"));
  });

  it("leaves down what a person took down, also in a new daemon, until the schedule opens it", () => {
    const day = makeDay(at("12:00"), office);
    day.start().decide("db", "down");
    day.until(at("13:00"));
    day.start().follow("daemon-started");
    expect(day.state()).toBe("stopped: asked");
    day.until(at("20:00"));
    expect(day.state()).toBe("stopped: schedule");
    day.until(at("09:00", "16"));
    expect(day.state()).toBe("connecting: schedule");
  });

  it("leaves up what a person opened outside its hours, until the schedule closes it", () => {
    const day = makeDay(at("21:00"), office);
    const timetable = day.start();
    timetable.decide("db", "up");
    timetable.follow("asked");
    day.until(at("18:59", "16"));
    expect(day.state()).toBe("connecting: asked");
    day.until(at("19:00", "16"));
    expect(day.state()).toBe("stopped: schedule");
  });

  it("lets a decision count from the moment on that the clock was set back to", () => {
    const day = makeDay(at("12:00"), office);
    const timetable = day.start();
    timetable.decide("db", "down");
    day.nowMs = at("07:00");
    timetable.follow("schedule");
    expect(day.state()).toBe("stopped: asked");
    day.until(at("08:00"));
    expect(day.state()).toBe("connecting: schedule");
  });

  it("closes what it only closes at the next time, not at one before the tunnel was there", () => {
    const day = makeDay(at("12:00"), { ...office, up: undefined });
    day.start().follow("config-changed");
    expect(day.state()).toBe("connecting: config-changed");
    day.until(at("19:00"));
    expect(day.state()).toBe("stopped: schedule");
    day.until(at("12:00", "16"));
    day.start().follow("daemon-started");
    expect(day.state()).toBe("stopped: schedule");
  });

  it("opens what its schedule kept down when the schedule is taken out, and sets no alarm any more", () => {
    const day = makeDay(at("21:00"), office);
    const timetable = day.start();
    timetable.follow("daemon-started");
    day.tunnel.schedule = undefined;
    timetable.follow("config-changed");
    expect(day.state()).toBe("connecting: config-changed");
    expect(day.alarmMs).toBeUndefined();
  });

  it("starts nothing that is up already, however often it is followed", () => {
    const day = makeDay(at("12:00"), office);
    const timetable = day.start();
    timetable.follow("daemon-started");
    timetable.follow("schedule");
    expect(day.state()).toBe("connecting: daemon-started");
  });

  it("renews at the time for it, once, and not while the tunnel is down", () => {
    const day = makeDay(at("06:00"), { ...office, renew: time("0 3,12 * * *") });
    day.start().follow("daemon-started");
    day.until(at("23:00", "16"));
    expect(day.renewals).toEqual([at("12:00"), at("12:00", "16")]);
  });

  it("does not make up for a renewal that was slept through", () => {
    const day = makeDay(at("11:00"), { up: undefined, down: undefined, renew: time("0 12 * * *") });
    const timetable = day.start();
    timetable.follow("daemon-started");
    day.nowMs = at("14:00");
    timetable.follow("schedule");
    expect(day.renewals).toEqual([]);
    expect(day.alarmMs).toBe(at("12:00", "16"));
  });

  it("opens nothing and sets no alarm any more when it is stopped", () => {
    const day = makeDay(at("12:00"), office);
    const timetable = day.start();
    timetable.follow("daemon-started");
    timetable.stop();
    day.runner.handle({ type: "stop", reason: "shutdown" });
    timetable.follow("config-changed");
    expect(day.alarmMs).toBeUndefined();
    expect(day.state()).toBe("stopped: shutdown");
  });
});
