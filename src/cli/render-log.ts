import { printable } from "../base/text.js";
import type { Style } from "./output.js";

const known = new Set(["level", "time", "pid", "msg", "tunnel", "event", "v"]);

/** One JSON line of the log for people: time, level, tunnel, sentence, then what else it holds. */
export function renderLogLine(line: string, style: Style): string {
  const entry = parse(line);
  if (entry === undefined) return printable(line);
  const level = String(entry.level ?? "");
  const shown = level === "error" || level === "fatal" || level === "warn" ? style.bad(level) : level;
  const rest = Object.entries(entry)
    .filter(([key]) => !known.has(key))
    .map(([key, value]) => `${key}=${printable(typeof value === "string" ? value : JSON.stringify(value))}`);
  const tunnel = typeof entry.tunnel === "string" ? `${style.strong(entry.tunnel)}: ` : "";
  return `${style.soft(String(entry.time ?? ""))} ${shown} ${tunnel}${printable(String(entry.msg ?? ""))}${rest.length > 0 ? style.soft(`  ${rest.join(" ")}`) : ""}`;
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
