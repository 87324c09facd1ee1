import { closeSync, constants, fchmodSync, ftruncateSync, openSync, statSync, utimesSync, writeFileSync, writeSync } from "node:fs";
import { replaceFile } from "../../base/files.js";
import { systemErrorCode } from "../../base/system-error.js";
import { checkpointOf, type KeptRecord } from "./checkpoint.js";
import { encodeRecord, repairTail } from "./codec.js";
import { compact, keepLast } from "./compact.js";
import { olderPath, readAliveMs, readEnd, readHistory, readRecent } from "./reader.js";

/** Of history.jsonl, which each start of the daemon reads, and of history.1.jsonl. */
const defaultMaxBytes = { current: 128 * 1024, older: 1024 * 1024 };

// A link in the file's place is not followed, where the system can be asked for that.
const noFollow = constants.O_NOFOLLOW ?? 0;

/**
 * history.jsonl, 0600, one record a line, each appended whole and at once: a crash costs the line that is being written. A full
 * file is thinned out into history.1.jsonl. What cannot be written is told once, and costs records, nothing else.
 */
export class HistoryFile {
  readonly #path: string;
  readonly #maxBytes: typeof defaultMaxBytes;
  readonly #onFailure: (error: unknown) => void;
  #hasFailed = false;
  #sizeBytes = 0;
  #rotateAtBytes: number;
  /** Whether the older file is known to end before the other begins: a crash, or a full disk, may have cut a move in two. */
  #isOlderSound = false;

  /** `onFailure` is told when a line could not be written, and again only after one could. */
  constructor(path: string, onFailure: (error: unknown) => void, maxBytes = defaultMaxBytes) {
    this.#path = path;
    this.#onFailure = onFailure;
    this.#maxBytes = maxBytes;
    this.#rotateAtBytes = maxBytes.current;
  }

  /** Mends what a crash left at the end. Returns the latest records, and when an earlier daemon was last alive. */
  open(): { readonly records: KeptRecord[]; readonly aliveMs: number | null } {
    try {
      const aliveMs = readAliveMs(this.#path);
      const records = readRecent(this.#path);
      repair(this.#path);
      this.#sizeBytes = sizeOf(this.#path);
      return { records, aliveMs };
    } catch (error) {
      this.#fail(error);
      return { records: [], aliveMs: null };
    }
  }

  append(record: KeptRecord): void {
    try {
      // A full disk takes half a line, too.
      if (this.#hasFailed) repair(this.#path);
      if (this.#sizeBytes >= this.#rotateAtBytes) this.#rotate(Date.parse(record.at));
      this.#sizeBytes += appendText(this.#path, encodeRecord(record));
      this.#hasFailed = false;
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Unlike the others it throws, `history-unreadable`: who asks must not take it for a past in which nothing was. */
  read(): KeptRecord[] {
    return readHistory(this.#path);
  }

  /** A sign of life without a line. */
  touch(nowMs: number): void {
    try {
      utimesSync(this.#path, nowMs / 1000, nowMs / 1000);
    } catch (error) {
      if (systemErrorCode(error) !== "ENOENT") this.#fail(error);
    }
  }

  #rotate(nowMs: number): void {
    const { current } = this.#maxBytes;
    // Should it fail, it is tried again a little later; past twice the size no line is written until it comes off.
    this.#rotateAtBytes = Math.min(this.#sizeBytes + current / 4, 2 * current);
    const recent = readRecent(this.#path);
    const isOlderSound = this.#isOlderSound;
    this.#isOlderSound = false;
    this.#moveOver(recent, isOlderSound);
    const beginning = encodeRecord(checkpointOf(recent, nowMs));
    replaceFile(this.#path, beginning);
    this.#sizeBytes = Buffer.byteLength(beginning);
    this.#rotateAtBytes = Math.max(current, 2 * this.#sizeBytes);
    this.#isOlderSound = true;
  }

  /** Adds to the older file, which is written anew, without its oldest records, only once in a while: tunnels wait for it. */
  #moveOver(recent: readonly KeptRecord[], isOlderSound: boolean): void {
    const path = olderPath(this.#path);
    const { older } = this.#maxBytes;
    const sizeBytes = sizeOf(path);
    if (isOlderSound && sizeBytes > 0 && sizeBytes < 1.25 * older && recent[0]?.type === "checkpoint") {
      appendText(path, encodeAll(compact(recent).slice(1)));
    } else {
      replaceFile(path, encodeAll(keepLast(compact(readHistory(this.#path)), older)));
    }
  }

  #fail(error: unknown): void {
    if (!this.#hasFailed) this.#onFailure(error);
    this.#hasFailed = true;
  }
}

function encodeAll(records: readonly KeptRecord[]): string {
  return records.map(encodeRecord).join("");
}

/** At once and whole, wherever the file ends by then. Returns how many bytes that were. */
function appendText(path: string, text: string): number {
  const file = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | noFollow, 0o600);
  try {
    // Unlike writeSync it does not leave the rest to its caller.
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
  return Buffer.byteLength(text);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function repair(path: string): void {
  withFile(path, (file) => {
    if (process.platform !== "win32") fchmodSync(file, 0o600);
    while (!repairEnd(file));
  });
}

/** False when all that was read was damage, and there is more before it. */
function repairEnd(file: number): boolean {
  const { tail, fromBytes } = readEnd(file);
  const { keptBytes, needsNewline } = repairTail(tail);
  if (keptBytes < tail.length) ftruncateSync(file, fromBytes + keptBytes);
  if (needsNewline) writeSync(file, "\n", fromBytes + keptBytes);
  return keptBytes > 0 || fromBytes === 0;
}

function withFile(path: string, work: (file: number) => void): void {
  let file: number;
  try {
    file = openSync(path, constants.O_RDWR | noFollow);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return;
    throw error;
  }
  try {
    work(file);
  } finally {
    closeSync(file);
  }
}
