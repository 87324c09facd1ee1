import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { folderUnusable, makePrivateFolder } from "../../base/files.js";

/** sun_path in <sys/un.h> without its NUL, of the system where it is shortest. */
const socketPathMaxBytes = 103;
/** ssh first makes its control socket under a longer name: a dot and 16 characters. */
const longestName = "c.0123456789abcdef";

/** A folder that only this user can enter, for the sockets of one ssh; in the system's temporary folder when `parent` has too long a path. */
export function makeSocketFolder(parent: string): string {
  if (!isUsable(join(parent, "ssh-XXXXXX"))) return makeIn(tmpdir(), "clawtunnel-");
  makePrivateFolder(parent);
  return makeIn(parent, "ssh-");
}

/** Only what has such a name is removed, whatever a receipt says. */
export function removeSocketFolder(path: string): void {
  if (/^(?:ssh|clawtunnel)-\w{6}$/.test(basename(path))) rmSync(path, { recursive: true, force: true });
}

/** A quote would end the option's value, and `${` begins a variable's name, for which ssh knows no escape. */
function isUsable(folder: string): boolean {
  return Buffer.byteLength(join(folder, longestName)) <= socketPathMaxBytes && !/["\\]|\$\{/.test(folder);
}

/** mkdtemp(3) makes a folder that nobody else can enter (0700). */
function makeIn(parent: string, prefix: string): string {
  try {
    return mkdtempSync(join(parent, prefix));
  } catch (error) {
    throw folderUnusable(parent, error);
  }
}
