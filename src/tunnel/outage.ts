import { isoTime } from "../base/clock.js";
import { type NoticedBy, noticedBy } from "./noticed-by.js";
import type { TunnelState } from "./state.js";
import type { OutageStatus } from "./status.js";

/** What a tunnel's past amounts to. An outage begins when a session that stood is lost, and ends when one stands again. */
export interface TunnelPast {
  /** How often a lost session was replaced. */
  readonly reconnects: number;
  readonly lastOutage: OutageStatus | null;
  readonly openOutage: { readonly startedMs: number; readonly cause: string; readonly noticedBy: NoticedBy } | null;
}

export const noPast: TunnelPast = { reconnects: 0, lastOutage: null, openOutage: null };

/** Pure: the past after one more change of state. Stopping on request ends an outage without counting it. */
export function remember(past: TunnelPast, before: TunnelState, after: TunnelState): TunnelPast {
  if (after.phase === "stopped") return { ...past, openOutage: null };
  if (before.phase === "up" && (after.phase === "waiting" || after.phase === "held")) {
    return { ...past, openOutage: { startedMs: after.sinceMs, cause: after.failure.code, noticedBy: noticedBy(after.failure) } };
  }
  if (after.phase === "up" && past.openOutage !== null) {
    const { startedMs, ...why } = past.openOutage;
    const durationMs = Math.max(0, after.sinceMs - startedMs);
    const lastOutage = { startedAt: isoTime(startedMs), endedAt: isoTime(after.sinceMs), durationMs, ...why };
    return { reconnects: past.reconnects + 1, lastOutage, openOutage: null };
  }
  return past;
}
