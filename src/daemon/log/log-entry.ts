import { isObject } from "../../base/is-object.js";
import { printable } from "../../base/text.js";

/** A line of the log, taken apart for people. Nothing in it can draw on a terminal. */
export interface LogEntry {
  readonly time: string;
  readonly level: string;
  readonly tunnel: string | undefined;
  readonly sentence: string;
  /** What else it holds, each as `key=value`. */
  readonly rest: readonly string[];
  /** Where a bug was met, line by line. */
  readonly stack: readonly string[];
}

const known = new Set(["level", "time", "pid", "msg", "tunnel", "event", "v"]);

/** Undefined for what is no entry. */
export function readLogEntry(line: string): LogEntry | undefined {
  const fields = parse(line);
  if (fields === undefined) return undefined;
  const { level, time, msg, tunnel, err } = fields;
  const stack = isObject(err) && typeof err.stack === "string" ? printable(err.stack).split("\n") : [];
  return {
    time: String(time ?? ""),
    level: String(level ?? ""),
    tunnel: typeof tunnel === "string" ? tunnel : undefined,
    sentence: printable(String(msg ?? "")),
    rest: Object.entries(fields)
      .filter(([key]) => !known.has(key))
      .map(([key, value]) => `${key}=${printable(typeof value === "string" ? value : JSON.stringify(value))}`),
    stack,
  };
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
