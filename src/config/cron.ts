import { createRequire } from "node:module";

/** A cron expression and the IANA zone that it is meant in; the machine's own without one. */
export interface CronTime {
  readonly cron: string;
  readonly timeZone: string | undefined;
}

/** The times of a CronTime on both sides of a moment, wall clock ms. */
export interface Occurrences {
  /** The last one that was, the moment itself included. */
  readonly lastMs: number;
  readonly nextMs: number;
}

const fieldsOfFive = [
  ["minute", "0-59"],
  ["hour", "0-23"],
  ["day of the month", "1-31 or L (the last)"],
  ["month", "1-12 or jan-dec"],
  ["weekday", "0-7 or sun-sat"],
] as const;
const fieldsOfSix = [["second", "0-59"], ...fieldsOfFive] as const;

const hourMs = 3_600_000;

/** What is wrong with a cron expression of five fields, or of six with the seconds first; undefined when nothing is. */
export function cronProblem(cron: string): string | undefined {
  const parts = cron.trim().split(/\s+/);
  // cron-parser takes fewer, and fills them up from the left: "" would be every minute.
  if (parts.length < 5 || parts.length > 6) return "must be five cron fields: minute, hour, day of the month, month, weekday";
  if (everOccurs(parts)) return undefined;
  const fields = parts.length === 6 ? fieldsOfSix : fieldsOfFive;
  const wrong = parts.findIndex((part, index) => !everOccurs(parts.map((_, other) => (other === index ? part : "*"))));
  const [name, range] = fields[wrong] ?? [];
  return name === undefined
    ? `"${cron}" never comes: there is no such day in that month`
    : `"${parts[wrong]}" cannot be the ${name}, which is ${range}, or lists, ranges and steps of that`;
}

/** What is wrong with the name of a time zone; undefined when the machine knows it. */
export function timeZoneProblem(timeZone: string): string | undefined {
  const problem = `"${timeZone}" is not a time zone: a name like Europe/Berlin or UTC is`;
  // Newer engines take offsets as well, which the zones of cron-parser are not.
  if (!/^[A-Za-z]/.test(timeZone)) return problem;
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return undefined;
  } catch {
    return problem;
  }
}

/** Between two occurrences the answer stays the same. One entry for each expression in use. */
const known = new Map<string, Occurrences>();

/**
 * The occurrences before and after `nowMs`, of an expression that is right. Where clocks are put forward, what falls into the
 * hour that there is not comes right after it; where they are put back, what falls into the hour that there is twice comes once.
 */
export function occurrencesAround(time: CronTime, nowMs: number): Occurrences {
  const key = `${time.timeZone} ${time.cron}`;
  const before = known.get(key);
  if (before !== undefined && before.lastMs <= nowMs && nowMs < before.nextMs) return before;
  const found = findAround(time, nowMs);
  known.set(key, found);
  return found;
}

/**
 * What counts is what next() of cron-parser 4.9 comes by. Its prev() only tells where to begin: it misses what next() moves out
 * of the hour that there is not (an `up` at 02:30 would be lost), and finds it twice in the hour that there is twice.
 */
function findAround({ cron, timeZone }: CronTime, nowMs: number): Occurrences {
  // prev() looks before the moment that it is given, and forgets its milliseconds.
  const hintMs = parse(cron, Math.floor(nowMs / 1000) * 1000 + 1, timeZone)
    .prev()
    .getTime();
  const isHourRepeated = hourAt(hintMs, timeZone) === hourAt(hintMs - hourMs, timeZone);
  const walk = parse(cron, isHourRepeated ? hintMs - hourMs - 1000 : hintMs, timeZone);
  let lastMs = hintMs;
  let nextMs = walk.next().getTime();
  while (nextMs <= nowMs) {
    lastMs = nextMs;
    nextMs = walk.next().getTime();
  }
  return { lastMs, nextMs };
}

/** On the clocks of the zone. */
function hourAt(atMs: number, timeZone: string | undefined): number {
  return parse("* * * * * *", atMs - 1000, timeZone)
    .next()
    .getHours();
}

function everOccurs(parts: readonly string[]): boolean {
  try {
    parse(parts.join(" "), 0, "UTC").next();
    return true;
  } catch {
    return false;
  }
}

function parse(cron: string, fromMs: number, timeZone: string | undefined) {
  return loadParser().parseExpression(cron, { currentDate: new Date(fromMs), ...(timeZone !== undefined && { tz: timeZone }) });
}

const require = createRequire(import.meta.url);

/** Loaded at the first schedule: it brings luxon, which costs more than reading a config. A config is read without waiting, so not by import(). */
function loadParser(): typeof import("cron-parser") {
  return require("cron-parser");
}
