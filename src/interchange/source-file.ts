import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { Failure } from "../base/failure.js";
import { errorText, systemErrorCode } from "../base/system-error.js";
import { expandTilde } from "../config/expand-home.js";
import { matchesWildcard } from "../ssh/wildcard.js";

const bytesMax = 1024 * 1024;

/** The text of a file that a person named. Throws `source-unreadable`. */
export function readSourceFile(path: string): string {
  let file: number | undefined;
  try {
    // Without waiting for who might write into a pipe.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const facts = fstatSync(file);
    if (!facts.isFile()) throw new Error("it is not a file");
    if (facts.size > bytesMax) throw new Error(`it has ${facts.size} bytes, more than ${bytesMax}`);
    return readFileSync(file, "utf8");
  } catch (error) {
    const why = systemErrorCode(error) === "ENOENT" ? "it is not there" : errorText(error);
    throw new Failure("source-unreadable", `cannot read ${path}: ${why}`, { cause: error });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The same for what need not be there. */
export function tryReadSourceFile(path: string): string | undefined {
  try {
    return readSourceFile(path);
  } catch {
    return undefined;
  }
}

/** The texts of the files that an Include of ssh_config(5) means; wildcards stand in a file's name alone here. */
export function readIncluded(pattern: string, home: string): string[] {
  const path = resolve(home, ".ssh", expandTilde(pattern, home));
  if (!/[*?[]/.test(basename(path))) return [tryReadSourceFile(path)].filter((text) => text !== undefined);
  try {
    const names = readdirSync(dirname(path)).filter((name) => matchesWildcard(name, basename(path)) && !name.startsWith("."));
    return names.sort().flatMap((name) => tryReadSourceFile(join(dirname(path), name)) ?? []);
  } catch {
    return [];
  }
}
