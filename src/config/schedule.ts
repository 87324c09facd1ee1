import type { CronTime } from "./cron.js";
import type { TunnelEntry } from "./schema.js";

/** When a tunnel is opened, closed and renewed by itself. */
export interface Schedule {
  readonly up: CronTime | undefined;
  readonly down: CronTime | undefined;
  readonly renew: CronTime | undefined;
}

/**
 * The schedule in a checked entry; undefined when it has none. It is no part of the TunnelSpec, so that an edit of a time does not
 * touch the session.
 */
export function scheduleOf({ schedule, renew }: TunnelEntry): Schedule | undefined {
  if (schedule === undefined && renew === undefined) return undefined;
  const timeZone = schedule?.timeZone;
  const time = (cron: string | undefined) => (cron === undefined ? undefined : { cron, timeZone });
  return { up: time(schedule?.up), down: time(schedule?.down), renew: time(renew) };
}
