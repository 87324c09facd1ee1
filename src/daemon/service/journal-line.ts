import { readLogEntry } from "../log/log-entry.js";

/** sd-daemon(3): the number in angle brackets at the beginning of a line is its priority in the journal. */
const priorities: Readonly<Record<string, number>> = { fatal: 2, error: 3, warn: 4, info: 6, debug: 7, trace: 7 };

/**
 * A JSON line of the log for the journal, which has the time and the pid already: `<6>box: tunnel is up  tookMs=42`. Each line of it
 * ends with a newline and has its priority, since the journal makes an entry of each.
 */
export function journalText(line: string): string {
  const entry = readLogEntry(line);
  if (entry === undefined) return "";
  const { level, tunnel, sentence, rest, stack } = entry;
  const details = rest.filter((detail) => stack.length === 0 || !detail.startsWith("err="));
  const first = `${tunnel === undefined ? "" : `${tunnel}: `}${sentence}${details.length > 0 ? `  ${details.join(" ")}` : ""}`;
  return withPriority(priorities[level] ?? 6, [first, ...stack].join("\n"));
}

export function journalError(message: string): string {
  return withPriority(3, message);
}

function withPriority(priority: number, text: string): string {
  return text
    .split("\n")
    .map((line) => `<${priority}>${line}\n`)
    .join("");
}
