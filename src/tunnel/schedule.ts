import { isoTime } from "../base/clock.js";
import { type CronTime, occurrencesAround } from "../config/cron.js";
import type { Schedule } from "../config/schedule.js";
import type { ScheduleStatus } from "./status.js";

/** What a person last asked of a tunnel, and when. */
export interface Decision {
  readonly wanted: "up" | "down";
  readonly atMs: number;
}

/** Whether a tunnel is to be up now, and who says so. */
export interface Wanted {
  readonly wanted: "up" | "down";
  readonly by: "person" | "schedule";
}

/** When each part of a schedule comes next, wall clock ms. */
export interface ScheduleTimes {
  readonly upMs: number | undefined;
  readonly downMs: number | undefined;
  readonly renewMs: number | undefined;
}

export interface Moment {
  readonly schedule: Schedule | undefined;
  readonly decision: Decision | undefined;
  readonly nowMs: number;
}

/** A renewal that could not come on time is left out: what would be renewed is gone, or younger than that. */
const renewLateMaxMs = 60_000;

/**
 * Whether a tunnel is to be up: of a person's decision and the times that a schedule has had, the latest counts, however many were
 * slept through. Where nobody has said anything yet, a tunnel is up; a schedule that only closes has nothing to say before somebody
 * opened it (see `firstDecision`). Pure, but for what cron makes of the machine's own zone.
 */
export function wantedNow({ schedule, decision, nowMs }: Moment): Wanted {
  const lastMs = (time: CronTime | undefined) => (time === undefined ? Number.NEGATIVE_INFINITY : occurrencesAround(time, nowMs).lastMs);
  const decidedMs = decision === undefined ? Number.NEGATIVE_INFINITY : Math.min(decision.atMs, nowMs);
  const upMs = lastMs(schedule?.up);
  const isOnlyClosed = schedule?.up === undefined && decision === undefined;
  const downMs = isOnlyClosed ? Number.NEGATIVE_INFINITY : lastMs(schedule?.down);
  // In the same instant a person counts for more than the schedule, and `up` for more than `down`.
  if (decidedMs >= Math.max(upMs, downMs)) return { wanted: decision?.wanted ?? "up", by: "person" };
  return { wanted: upMs >= downMs ? "up" : "down", by: "schedule" };
}

/**
 * What is to be remembered when a tunnel is seen for the first time: one that its schedule only closes was opened by whoever wrote it.
 * Undefined when there is nothing to add.
 */
export function firstDecision({ schedule, decision, nowMs }: Moment): Decision | undefined {
  const isOnlyClosed = schedule?.down !== undefined && schedule.up === undefined;
  return isOnlyClosed && decision === undefined ? { wanted: "up", atMs: nowMs } : undefined;
}

export function nextTimes(schedule: Schedule, nowMs: number): ScheduleTimes {
  const nextMs = (time: CronTime | undefined) => (time === undefined ? undefined : occurrencesAround(time, nowMs).nextMs);
  return { upMs: nextMs(schedule.up), downMs: nextMs(schedule.down), renewMs: nextMs(schedule.renew) };
}

/** The earliest of all; undefined when there is none. */
export function earliest(times: readonly ScheduleTimes[]): number | undefined {
  const all = times.flatMap(({ upMs, downMs, renewMs }) => [upMs, downMs, renewMs].filter((ms) => ms !== undefined));
  return all.length === 0 ? undefined : all.reduce((least, ms) => Math.min(least, ms));
}

/** Whether the renewal that was to come at `renewMs` is to be done now. */
export function isRenewalDue(renewMs: number | undefined, nowMs: number): boolean {
  return renewMs !== undefined && renewMs <= nowMs && nowMs - renewMs <= renewLateMaxMs;
}

export function reportSchedule(times: ScheduleTimes | undefined): ScheduleStatus | null {
  if (times === undefined) return null;
  const iso = (atMs: number | undefined) => (atMs === undefined ? null : isoTime(atMs));
  return { nextUpAt: iso(times.upMs), nextDownAt: iso(times.downMs), nextRenewAt: iso(times.renewMs) };
}
