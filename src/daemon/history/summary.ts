import type { PerWindow, TunnelHistory } from "../../api/history.js";
import { isoTime } from "../../base/clock.js";
import type { KeptRecord } from "./checkpoint.js";
import { replay, type Stories, type Story } from "./replay.js";
import { lengthWithin, type Span, subtract, unite } from "./spans.js";

const dayMs = 24 * 60 * 60 * 1000;
const windowsMs: PerWindow<number> = { day: dayMs, week: 7 * dayMs, month: 30 * dayMs };

/** The moment from which a summary looks back. */
export interface SummaryContext {
  readonly nowMs: number;
  /** When the daemon was last alive, if none runs now; else null. */
  readonly diedAtMs: number | null;
  readonly outagesMax: number;
}

/** Pure: what the records say of each tunnel that they name, in the order in which it was first heard of. */
export function summarize(records: readonly KeptRecord[], { nowMs, diedAtMs, outagesMax }: SummaryContext): TunnelHistory[] {
  const stories = replay(records, nowMs, diedAtMs);
  return [...stories.tunnels].map(([name, story]) => summarizeTunnel(name, story, stories.away, nowMs, outagesMax));
}

/** Of a tunnel that no record names. */
export function emptyHistory(name: string): TunnelHistory {
  const nothing: Story = { wanted: [], down: [], outages: [], openOutage: null, standing: "off" };
  return summarizeTunnel(name, nothing, [], 0, 0);
}

function summarizeTunnel(name: string, story: Story, away: Stories["away"], nowMs: number, outagesMax: number): TunnelHistory {
  const measured = perWindow(nowMs, measure(story, away));
  const { outages, openOutage } = story;
  const endedIn = (window: Span) => outages.filter(({ endedAt }) => isWithin(Date.parse(endedAt), window));
  const repairs = perWindow(nowMs, endedIn).month.map(({ durationMs }) => durationMs);
  return {
    name,
    uptime: mapWindows(measured, ({ wantedMs, upMs }) => (wantedMs === 0 ? null : upMs / wantedMs)),
    wantedMs: mapWindows(measured, ({ wantedMs }) => wantedMs),
    outageCount: perWindow(nowMs, (window) => endedIn(window).length + (openOutage === null ? 0 : 1)),
    meanTimeToRecoverMs:
      repairs.length === 0 ? null : Math.round(repairs.reduce((total, lengthMs) => total + lengthMs, 0) / repairs.length),
    openOutage: openOutage && { startedAt: isoTime(openOutage.startedMs), cause: openOutage.cause, noticedBy: openOutage.noticedBy },
    outages: outages.slice(Math.max(0, outages.length - outagesMax)).reverse(),
  };
}

/** How long a tunnel was wanted, and how long it was up of that, in any window. Times that a clock lived twice count once. */
export function measure(
  story: Pick<Story, "wanted" | "down">,
  away: readonly Span[],
): (window: Span) => { wantedMs: number; upMs: number } {
  const wanted = subtract(unite(story.wanted), unite(away));
  const up = subtract(wanted, unite(story.down));
  return (window) => ({ wantedMs: lengthWithin(wanted, window), upMs: lengthWithin(up, window) });
}

function isWithin(atMs: number, { fromMs, toMs }: Span): boolean {
  return atMs > fromMs && atMs <= toMs;
}

function perWindow<T>(nowMs: number, read: (window: Span) => T): PerWindow<T> {
  return mapWindows(windowsMs, (lengthMs) => read({ fromMs: nowMs - lengthMs, toMs: nowMs }));
}

function mapWindows<T, U>({ day, week, month }: PerWindow<T>, map: (value: T) => U): PerWindow<U> {
  return { day: map(day), week: map(week), month: map(month) };
}
