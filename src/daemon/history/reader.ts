import { readFileSync, statSync } from "node:fs";
import { systemErrorCode } from "../../base/system-error.js";
import type { KeptRecord } from "./checkpoint.js";
import { decodeLine } from "./codec.js";

/** Where the records go that `history.jsonl` has no more room for: `history.1.jsonl`. */
export function olderPath(path: string): string {
  return path.replace(/(\.jsonl)?$/, ".1$1");
}

/** Both files, oldest record first; damaged lines are left out. Throws a system error when one of them cannot be read. */
export function readHistory(path: string): KeptRecord[] {
  // In this order: what a daemon moves over meanwhile is then in both, and not in neither.
  const current = linesIn(path);
  return decodeLines([...withoutOverlap(linesIn(olderPath(path)), current), ...current]);
}

/** As much as tells how the tunnels stand: a file that begins with a checkpoint needs no other. A start must not wait for more. */
export function readRecent(path: string): KeptRecord[] {
  const records = decodeLines(linesIn(path));
  return records[0]?.type === "checkpoint" ? records : readHistory(path);
}

/** When a daemon last wrote or touched the file; null when there is none. */
export function readAliveMs(path: string): number | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? null : Math.floor(stats.mtimeMs);
}

function decodeLines(lines: readonly string[]): KeptRecord[] {
  return lines.map(decodeLine).filter((record) => record !== undefined);
}

/** A crash between writing the older file and emptying the other leaves the same records at the end of the one and in the other. */
function withoutOverlap(older: readonly string[], current: readonly string[]): readonly string[] {
  const last = older.at(-1);
  if (last === undefined || !current.includes(last)) return older;
  const doubled = new Set(current);
  const start = older.findIndex((line) => doubled.has(line));
  return older.slice(0, start);
}

function linesIn(path: string): string[] {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line !== "");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw error;
  }
}
