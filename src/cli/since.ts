import { Failure } from "../base/failure.js";

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** The moment that `--since` names, in ms: so long ago (`90s`, `10m`, `2h`, `7d`), or a time in ISO 8601. Throws `usage`. */
export function parseSince(text: string, nowMs: number): number {
  const [, count, unit = ""] = /^(\d{1,9})([smhdw])$/.exec(text) ?? [];
  const lengthMs = unitMs[unit];
  if (lengthMs !== undefined) return nowMs - Number(count) * lengthMs;
  const atMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(atMs)) throw new Failure("usage", `--since ${text}: it must be like 10m, 2h or 7d, or a time like 2026-01-31T08:00`);
  return atMs;
}
