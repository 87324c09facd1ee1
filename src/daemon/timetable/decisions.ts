import { readFileSync } from "node:fs";
import { replaceFile } from "../../base/files.js";
import { isObject } from "../../base/is-object.js";
import { errorText } from "../../base/system-error.js";
import type { Decision } from "../../tunnel/schedule.js";

/** What a person last asked of each tunnel: it counts until they, or the tunnel's schedule, say otherwise, over every restart of the daemon. */
export class Decisions {
  readonly #path: string;
  readonly #onUnwritten: (error: unknown) => void;
  readonly #decisions: Map<string, Decision>;
  #failure: string | null = null;

  /**
   * `onUnwritten` is told when the file could not be written, and again only after it could: what was decided then holds until
   * the daemon ends.
   */
  constructor(path: string, onUnwritten: (error: unknown) => void) {
    this.#path = path;
    this.#onUnwritten = onUnwritten;
    this.#decisions = new Map(readDecisions(path));
  }

  /** One that lies in the future was made before the clock was set back, and counts from now on. */
  get(name: string, nowMs: number): Decision | undefined {
    const decision = this.#decisions.get(name);
    if (decision === undefined || decision.atMs <= nowMs) return decision;
    const seen = { ...decision, atMs: nowMs };
    this.set(name, seen);
    return seen;
  }

  set(name: string, decision: Decision): void {
    this.#decisions.set(name, decision);
    this.#write();
  }

  forget(name: string): void {
    if (this.#decisions.delete(name)) this.#write();
  }

  /** Tries again what could not be written. Returns why it still cannot be; null when all is written. */
  settle(): string | null {
    if (this.#failure !== null) this.#write();
    return this.#failure;
  }

  #write(): void {
    const before = this.#failure;
    try {
      replaceFile(this.#path, `${JSON.stringify({ decisions: Object.fromEntries(this.#decisions) })}\n`);
      this.#failure = null;
    } catch (error) {
      this.#failure = errorText(error);
      if (before === null) this.#onUnwritten(error);
    }
  }
}

/** A missing or damaged file means that nothing was decided: opening a tunnel too many is the lesser harm. */
function readDecisions(path: string): [string, Decision][] {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (!isObject(value) || !isObject(value.decisions)) return [];
    return Object.entries(value.decisions).flatMap(([name, entry]) => (isDecision(entry) ? [[name, entry]] : []));
  } catch {
    return [];
  }
}

function isDecision(value: unknown): value is Decision {
  return isObject(value) && (value.wanted === "up" || value.wanted === "down") && Number.isFinite(value.atMs);
}
