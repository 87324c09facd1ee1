import { describeDuration } from "./duration.js";

const dayMs = 86_400_000;

/** A moment to come, on the clocks of this machine: `08:00 (in 11 h)`, with its date when it is a day away or more. */
export function describeMoment(iso: string, nowMs: number): string {
  const atMs = Date.parse(iso);
  const at = new Date(atMs);
  const pad = (value: number) => String(value).padStart(2, "0");
  const time = `${pad(at.getHours())}:${pad(at.getMinutes())}`;
  const date = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  return `${atMs - nowMs < dayMs ? time : `${date} ${time}`} (in ${describeDuration(Math.max(0, atMs - nowMs))})`;
}
