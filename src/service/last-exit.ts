import { readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { isoTime } from "../base/clock.js";
import type { Failure } from "../base/failure.js";
import { makePrivateFolder, replaceFile } from "../base/files.js";

/** last-exit.json: why the daemon that a manager started has ended, or could not start. */
export interface LastExit {
  /** ISO 8601; null, like exit code and code, where another version did not say. */
  readonly at: string | null;
  readonly exitCode: number | null;
  /** A failure's code. */
  readonly code: string | null;
  readonly message: string;
  readonly hint: string;
}

/** The manager has the exit code; where the reason cannot be written it has to do. */
export function noteLastExit(path: string, { code, message, hint }: Failure, exitCode: number, nowMs: number): void {
  const lastExit: LastExit = { at: isoTime(nowMs), exitCode, code, message, hint };
  try {
    makePrivateFolder(dirname(path));
    replaceFile(path, `${JSON.stringify(lastExit)}\n`);
  } catch {
    // As on a full disk, which may be why it ends.
  }
}

/** It has started well. */
export function forgetLastExit(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The next good start tries again.
  }
}

/** Undefined when the last start was a good one, or what is there tells nothing. */
export function readLastExit(path: string): LastExit | undefined {
  try {
    return parseLastExit(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

export function parseLastExit(text: string): LastExit | undefined {
  const value = JSON.parse(text) as Readonly<Record<string, unknown>> | null;
  const textAt = (key: string) => (typeof value?.[key] === "string" ? value[key] : null);
  const message = textAt("message");
  if (message === null) return undefined;
  const exitCode = typeof value?.exitCode === "number" ? value.exitCode : null;
  return { at: textAt("at"), exitCode, code: textAt("code"), message, hint: textAt("hint") ?? "" };
}

/** The later one, if it is another than the one before. */
export function newsOf(before: LastExit | undefined, now: LastExit | undefined): LastExit | undefined {
  const isSame = before !== undefined && now !== undefined && before.at === now.at && before.message === now.message;
  return isSame ? undefined : now;
}
