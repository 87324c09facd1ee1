import { printable } from "../base/text.js";
import { readLogEntry } from "../daemon/log/log-entry.js";
import type { Style } from "./output.js";

/** One JSON line of the log for people: time, level, tunnel, sentence, then what else it holds. */
export function renderLogLine(line: string, style: Style): string {
  const entry = readLogEntry(line);
  if (entry === undefined) return printable(line);
  const { time, level, sentence, rest } = entry;
  const shown = level === "error" || level === "fatal" || level === "warn" ? style.bad(level) : level;
  const tunnel = entry.tunnel === undefined ? "" : `${style.strong(entry.tunnel)}: `;
  return `${style.soft(time)} ${shown} ${tunnel}${sentence}${rest.length > 0 ? style.soft(`  ${rest.join(" ")}`) : ""}`;
}
