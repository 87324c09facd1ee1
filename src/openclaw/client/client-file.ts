import { constants, copyFileSync, lstatSync, mkdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { asFailure, Failure } from "../../base/failure.js";
import { replaceFile } from "../../base/files.js";
import { errorText, systemErrorCode } from "../../base/system-error.js";
import { parseJson5, setInJson5 } from "../config/json5.js";
import { valueAt } from "../config/value-at.js";
import { type Edit, includesAt } from "./client-edits.js";

const privateMode = 0o600;
const includesMax = 64;
/** A configuration of OpenClaw has some kilobytes. */
const fileMaxBytes = 1024 * 1024;

/** The configuration of the OpenClaw on this machine, as it is now. */
export interface ClientFile {
  /** With links followed. */
  readonly path: string;
  /** Null when there is no such file yet. */
  readonly text: string | null;
  readonly config: unknown;
  readonly mode: number;
}

/** Reads it. A file that is missing is an empty one. Throws `client-config-unusable`. */
export function readClientFile(file: string): ClientFile {
  const path = followLinks(file);
  const text = readIfThere(path);
  if (text === null) return { path, text, config: {}, mode: privateMode };
  const { uid, mode } = statSync(path);
  if (process.getuid !== undefined && uid !== process.getuid()) throw unusable(path, "it belongs to another user");
  return { path, text, config: parse(path, text), mode: mode & 0o777 };
}

/**
 * Writes the edits, and every other byte as it was, and puts the first original beside it; which file that is, or null when there was
 * no original. Throws `client-config-unusable` for what comes from another file by `$include`, and for what cannot be written.
 */
export function editClientFile({ path, text, config, mode }: ClientFile, edits: readonly Edit[]): string | null {
  refuseIncluded(path, config);
  try {
    const edited = edits.reduce((before, { path: at, value }) => setInJson5(before, at, value), text ?? "{\n}\n");
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const backup = text === null ? null : keepOriginal(path);
    replaceFile(path, edited, mode);
    return backup;
  } catch (error) {
    throw unusable(path, error instanceof Failure ? error.message : errorText(error), error);
  }
}

/** What a file was before the first change of ours: a later one must not take its place. */
function keepOriginal(path: string): string {
  const backup = `${path}.clawtunnel-backup`;
  try {
    copyFileSync(path, backup, constants.COPYFILE_EXCL);
  } catch (error) {
    if (systemErrorCode(error) !== "EEXIST") throw error;
  }
  return backup;
}

/** What stands beside an `$include` would win over it, and whoever looks into the other file would not find out why. */
function refuseIncluded(path: string, config: unknown): void {
  const own = [["gateway"], ["gateway", "remote"]].flatMap((at) => includesAt(config, at));
  const from = own[0] ?? includedGateway(path, config);
  if (from === undefined) return;
  throw new Failure("client-config-unusable", `in ${path} the gateway comes from another file, ${from}`, {
    hint: "Nothing was written. Set gateway.mode and gateway.remote.url in that file.",
  });
}

/** The first file that the whole configuration includes, however deep, and that says something of the gateway. */
function includedGateway(path: string, config: unknown): string | undefined {
  const waiting = [{ path, config }];
  for (let count = 0; count < includesMax; count += 1) {
    const next = waiting.shift();
    if (next === undefined) return undefined;
    for (const include of includesAt(next.config, [])) {
      const found = resolve(dirname(next.path), include);
      const included = parse(found, readIfThere(found) ?? "{}");
      if (valueAt(included, ["gateway"]) !== undefined) return found;
      waiting.push({ path: found, config: included });
    }
  }
  throw unusable(path, "it includes more files than can be looked through");
}

function followLinks(file: string): string {
  try {
    return realpathSync(file);
  } catch (error) {
    const isLink = lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
    if (systemErrorCode(error) !== "ENOENT" || isLink) throw unusable(file, errorText(error), error);
    return file;
  }
}

function readIfThere(path: string): string | null {
  try {
    const stats = statSync(path);
    // A pipe would be waited for, and a device may have no end.
    if (!stats.isFile()) throw unusable(path, "it is no regular file");
    if (stats.size > fileMaxBytes) throw unusable(path, `it has ${stats.size} bytes, which is no configuration`);
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (systemErrorCode(error) === "ENOENT") return null;
    throw unusable(path, errorText(error), error);
  }
}

function parse(path: string, text: string): unknown {
  try {
    return parseJson5(text);
  } catch (error) {
    throw unusable(path, asFailure(error).message, error);
  }
}

function unusable(path: string, why: string, cause?: unknown): Failure {
  return new Failure("client-config-unusable", `${path} cannot be used: ${why}`, { cause });
}
