import { createHash } from "node:crypto";
import { occurrencesAround } from "../../config/cron.js";

const minuteMs = 60_000;
const weekMs = 7 * 24 * 60 * minuteMs;
/** A tunnel that nobody has looked behind yet is not looked behind in its very first moment. */
const firstAfterMs = 3 * minuteMs;

export interface AuditMoment {
  readonly tunnel: string;
  /** As in the spec: a cron expression, `weekly` or `off`. */
  readonly schedule: string;
  /** The last audit, wall clock; undefined when there was none. */
  readonly triedMs: number | undefined;
  /** Since when the tunnel is verified; undefined while it is not. */
  readonly verifiedMs: number | undefined;
  readonly nowMs: number;
}

/** Whether a tunnel's server is to be looked at now. What was slept through is due as soon as the tunnel is verified again. Pure, but for the machine's own zone. */
export function isAuditDue({ tunnel, schedule, triedMs, verifiedMs, nowMs }: AuditMoment): boolean {
  if (schedule === "off" || verifiedMs === undefined) return false;
  if (triedMs === undefined) return nowMs - verifiedMs >= firstAfterMs;
  const lastMs =
    schedule === "weekly" ? lastWeekly(tunnel, nowMs) : occurrencesAround({ cron: schedule, timeZone: undefined }, nowMs).lastMs;
  // One that lies in the future was made before the clock was set back.
  return lastMs > Math.min(triedMs, nowMs);
}

/** At a minute of the week that the tunnel's name chooses, so that not all are looked at at once. Without cron, whose parser is slow to load. */
function lastWeekly(tunnel: string, nowMs: number): number {
  const minute = createHash("sha256").update(tunnel).digest().readUInt32BE() % (weekMs / minuteMs);
  const offsetMs = minute * minuteMs;
  return Math.floor((nowMs - offsetMs) / weekMs) * weekMs + offsetMs;
}
