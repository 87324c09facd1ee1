import { readFileSync } from "node:fs";
import { replaceFile } from "../base/files.js";

/** The tunnels that a person took down: they stay down until `up`, over every restart of the daemon. */
export class DownList {
  readonly #path: string;
  readonly #onUnwritten: (error: unknown) => void;
  readonly #names: Set<string>;

  /** `onUnwritten` is told when the list could not be written: it then holds until the daemon ends. */
  constructor(path: string, onUnwritten: (error: unknown) => void) {
    this.#path = path;
    this.#onUnwritten = onUnwritten;
    this.#names = new Set(readNames(path));
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  set(name: string, isDown: boolean): void {
    if (this.#names.has(name) === isDown) return;
    if (isDown) this.#names.add(name);
    else this.#names.delete(name);
    try {
      replaceFile(this.#path, `${JSON.stringify({ down: [...this.#names] })}\n`);
    } catch (error) {
      this.#onUnwritten(error);
    }
  }
}

/** A missing or damaged file means that nothing was taken down: opening a tunnel too many is the lesser harm. */
function readNames(path: string): string[] {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    const names = typeof value === "object" && value !== null && "down" in value ? value.down : [];
    return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
  } catch {
    return [];
  }
}
