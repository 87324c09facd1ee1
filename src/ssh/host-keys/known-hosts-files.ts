import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure } from "../../base/failure.js";
import { errorText, systemErrorCode } from "../../base/system-error.js";
import type { UnknownHostKey } from "../session.js";
import { formatKnownHostsLine, hasHostKey, type KnownHostsLine, parseKnownHosts } from "./known-hosts.js";

/** The lines of all files, in the order of `paths`; a missing file has none. Rejects with `known-hosts-unreadable`. */
export async function readKnownHosts(paths: readonly string[]): Promise<KnownHostsLine[]> {
  const files = await Promise.all(paths.map(readLines));
  return files.flat();
}

/**
 * Adds the key to the file, once and at its end, and makes the file and its folder when there are none. Rejects with `known-hosts-unreadable`.
 * It looks and writes without an await between, so that two tunnels to one server do not both add the line.
 */
export async function acceptHostKey(path: string, key: UnknownHostKey): Promise<void> {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const text = readIfThere(path);
    if (hasHostKey(parseKnownHosts(text, path), key)) return;
    const newline = text === "" || text.endsWith("\n") ? "" : "\n";
    appendFileSync(path, `${newline}${formatKnownHostsLine(key)}\n`, { mode: 0o600 });
  } catch (error) {
    throw new Failure("known-hosts-unreadable", `the host key cannot be written to ${path}: ${errorText(error)}`, { cause: error });
  }
}

async function readLines(path: string): Promise<KnownHostsLine[]> {
  try {
    return parseKnownHosts(await readFile(path, "utf8"), path);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw new Failure("known-hosts-unreadable", `cannot read ${path}: ${errorText(error)}`, { cause: error });
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return "";
    throw error;
  }
}
