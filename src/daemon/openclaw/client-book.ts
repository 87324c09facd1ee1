import { readFileSync } from "node:fs";
import { replaceFile } from "../../base/files.js";
import { isObject } from "../../base/is-object.js";
import type { Logger } from "../../base/logger.js";

/**
 * Which address was last written into the configuration of the OpenClaw on this machine, for each tunnel. Kept over every restart of
 * the daemon, so that an address of ours is told from one that a person has written there.
 */
export class ClientBook {
  readonly #path: string;
  readonly #log: Logger;
  readonly #urls: Map<string, string>;

  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
    this.#urls = readUrls(path);
  }

  get(tunnel: string): string | undefined {
    return this.#urls.get(tunnel);
  }

  set(tunnel: string, url: string): void {
    if (this.#urls.get(tunnel) === url) return;
    this.#urls.set(tunnel, url);
    this.#write();
  }

  /** The tunnel has no client to follow any more. */
  forget(tunnel: string): void {
    if (this.#urls.delete(tunnel)) this.#write();
  }

  #write(): void {
    try {
      replaceFile(this.#path, `${JSON.stringify({ urls: Object.fromEntries(this.#urls) })}\n`);
    } catch (error) {
      const fields = { event: "state.unwritten", err: error };
      this.#log.error(fields, "what the OpenClaw on this machine was told could not be written; a new daemon may not follow it");
    }
  }
}

/** A missing or damaged file means that nothing is remembered: an address that is not known to be ours is left alone. */
function readUrls(path: string): Map<string, string> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (!isObject(value) || !isObject(value.urls)) return new Map();
    return new Map(Object.entries(value.urls).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  } catch {
    return new Map();
  }
}
