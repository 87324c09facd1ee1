import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { Failure } from "../../base/failure.js";
import { errorText, systemErrorCode } from "../../base/system-error.js";
import type { KeptRecord } from "./checkpoint.js";
import { decodeLine } from "./codec.js";

/** Far more than a daemon lets a file become. Of one that is longer all the same, only the end counts: a start must not wait for more. */
const readMaxBytes = 4 * 1024 * 1024;

/** Where the records go that `history.jsonl` has no more room for: `history.1.jsonl`. */
export function olderPath(path: string): string {
  return path.replace(/(\.jsonl)?$/, ".1$1");
}

/** Both files, oldest record first; damaged lines are left out. Throws `history-unreadable` when one of them cannot be read. */
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
  return stats === undefined ? null : Math.max(0, Math.floor(stats.mtimeMs));
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
    const file = openSync(path, "r");
    try {
      const { tail, fromBytes } = readEnd(file);
      const lines = tail.toString("utf8").split("\n");
      // The first one of a file that is cut is half a line.
      return (fromBytes > 0 ? lines.slice(1) : lines).filter((line) => line !== "");
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw new Failure("history-unreadable", `cannot read the history in ${path}: ${errorText(error)}`, { cause: error });
  }
}

/** The last part of an open file, and where that begins. */
export function readEnd(file: number): { readonly tail: Buffer; readonly fromBytes: number } {
  const sizeBytes = fstatSync(file).size;
  const fromBytes = Math.max(0, sizeBytes - readMaxBytes);
  const tail = Buffer.alloc(sizeBytes - fromBytes);
  let lengthBytes = 0;
  let count = -1;
  while (lengthBytes < tail.length && count !== 0) {
    count = readSync(file, tail, lengthBytes, tail.length - lengthBytes, fromBytes + lengthBytes);
    lengthBytes += count;
  }
  return { tail: tail.subarray(0, lengthBytes), fromBytes };
}
