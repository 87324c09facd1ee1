import { chmodSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { Failure } from "./failure.js";
import { errorText, systemErrorCode } from "./system-error.js";

/** A folder that only this user can enter; made, or narrowed when it is wider. Throws `folder-unusable`. */
export function makePrivateFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(path);
    if (process.getuid !== undefined && uid !== process.getuid()) throw new Error("it belongs to another user");
    if (process.platform !== "win32" && (mode & 0o077) !== 0) chmodSync(path, 0o700);
  } catch (error) {
    throw folderUnusable(path, error);
  }
}

/** `folder-unusable`, for a system error that was met in the folder. */
export function folderUnusable(path: string, error: unknown): Failure {
  const isFull = ["ENOSPC", "EDQUOT"].includes(systemErrorCode(error) ?? "");
  const why = isFull ? "there is no room left on its disk" : errorText(error);
  return new Failure("folder-unusable", `cannot use the folder ${path}: ${why}`, {
    cause: error,
    ...(isFull && { hint: "Make room on the disk, then try again." }),
  });
}

/** Replaces a file whole: a reader sees the old text or the new, and a crash leaves one of them. */
export function replaceFile(path: string, text: string, mode = 0o600): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, text, { mode: 0o600 });
    // Whatever the umask leaves out.
    if (mode !== 0o600) chmodSync(draft, mode);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
