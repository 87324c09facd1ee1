import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { folderUnusable } from "../../base/files.js";
import { systemErrorCode } from "../../base/system-error.js";
import type { ServiceFile } from "../service.js";

export interface StoredFile {
  readonly bytes: Buffer;
  readonly mode: number;
}

/** The files of a service on the machine. */
export interface ServiceFiles {
  /** Undefined when there is no such file. */
  read(path: string): StoredFile | undefined;
  /** Replaces the file whole: a manager that looks meanwhile sees the old one or the new. Answers with the folders that it made, the outermost first. */
  write(path: string, file: StoredFile): readonly string[];
  /** What is not there is removed already. */
  remove(path: string): void;
  /** A folder in which there is something stays. */
  removeEmptyFolder(path: string): void;
}

const byteOrderMark = "\ufeff";

export function bytesOf({ contents, encoding }: ServiceFile): Buffer {
  return encoding === "utf8" ? Buffer.from(contents, "utf8") : Buffer.from(byteOrderMark + contents, "utf16le");
}

/** A service's file as text, however it was written. */
export function textOf({ bytes }: StoredFile): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return bytes.toString(isUtf16 ? "utf16le" : "utf8").replace(byteOrderMark, "");
}

/** Throws `folder-unusable` where a file cannot be written or removed. */
export const systemFiles: ServiceFiles = {
  read: (path) => {
    try {
      return { bytes: readFileSync(path), mode: statSync(path).mode & 0o777 };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw folderUnusable(dirname(path), error);
    }
  },
  write: (path, { bytes, mode }) => {
    const draft = `${path}.${process.pid}.tmp`;
    try {
      const made = makeFolder(dirname(path));
      writeFileSync(draft, bytes, { mode });
      // The process' umask may have narrowed it, and a manager reads it as another user.
      chmodSync(draft, mode);
      renameSync(draft, path);
      return made;
    } catch (error) {
      rmSync(draft, { force: true });
      throw folderUnusable(dirname(path), error);
    }
  },
  remove: (path) => {
    try {
      rmSync(path, { force: true });
    } catch (error) {
      throw folderUnusable(dirname(path), error);
    }
  },
  removeEmptyFolder: (path) => {
    try {
      rmdirSync(path);
    } catch {
      // Somebody has put something there, or it has gone.
    }
  },
};

function makeFolder(path: string): string[] {
  const missing: string[] = [];
  for (let folder = path; !existsSync(folder); folder = dirname(folder)) missing.unshift(folder);
  mkdirSync(path, { recursive: true });
  return missing;
}

function isMissing(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes(systemErrorCode(error) ?? "");
}
