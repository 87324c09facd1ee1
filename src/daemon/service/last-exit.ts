import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { isoTime } from "../../base/clock.js";
import type { Failure } from "../../base/failure.js";
import type { FailureCode } from "../../base/failure-catalogue.js";
import { makePrivateFolder, replaceFile } from "../../base/files.js";

/** last-exit.json: why the daemon that a manager started has ended, or could not start. */
export interface LastExit {
  /** ISO 8601 */
  readonly at: string;
  readonly code: FailureCode;
  readonly exitCode: number;
  readonly message: string;
  readonly hint: string;
}

/** The manager has the exit code; where the reason cannot be written it has to do. */
export function noteLastExit(path: string, { code, message, hint }: Failure, exitCode: number, nowMs: number): void {
  const lastExit: LastExit = { at: isoTime(nowMs), code, exitCode, message, hint };
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
