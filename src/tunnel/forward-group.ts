import { isDeepStrictEqual } from "node:util";
import type { ForwardSpec } from "../config/tunnel-spec.js";
import type { Forward } from "../forward/forward.js";
import type { HealthResult } from "../health/result.js";
import type { SshSession } from "../ssh/session.js";
import { type CheckedHealth, codeOf } from "./forward-report.js";

/** The forwards of one tunnel, and what is known of the services behind them. */
export class ForwardGroup {
  readonly health = new Map<Forward, CheckedHealth>();
  readonly #make: (spec: ForwardSpec) => Forward;
  #listeners: readonly Forward[] = [];

  constructor(make: (spec: ForwardSpec) => Forward) {
    this.#make = make;
  }

  /** In the order of the specs. */
  get listeners(): readonly Forward[] {
    return this.#listeners;
  }

  /**
   * Moves only what was edited: a listener whose address stays keeps it, and its connections. What is new does not listen yet. Several
   * may have asked for the same address: a port that the server chooses.
   */
  adopt(specs: readonly ForwardSpec[]): void {
    const left = new Set(this.#listeners);
    const take = (isMeant: (spec: ForwardSpec) => boolean) => {
      const listener = [...left].find(({ spec }) => isMeant(spec));
      if (listener !== undefined) left.delete(listener);
      return listener;
    };
    const unedited = specs.map((spec) => take((other) => isDeepStrictEqual(other, spec)));
    this.#listeners = specs.map((spec, index) => {
      const listener = unedited[index] ?? take(({ kind, bind }) => kind === spec.kind && isDeepStrictEqual(bind, spec.bind));
      if (listener === undefined) return this.#make(spec);
      if (listener !== unedited[index]) this.health.delete(listener);
      listener.spec = spec;
      return listener;
    });
    for (const listener of left) {
      listener.close();
      this.health.delete(listener);
    }
  }

  /** Every one listens that does not yet. Rejects with the first failure of a bind. */
  async listen(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.open()));
  }

  /**
   * Every one that can listens, beside a session that stands: one whose address somebody else has does not cost the others theirs,
   * and its health tells. Rejects only when none can.
   */
  async listenWhereFree(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#listeners.map((listener) => listener.open()));
    const [refused] = outcomes.filter((outcome) => outcome.status === "rejected");
    if (refused !== undefined && outcomes.every(({ status }) => status === "rejected")) throw refused.reason;
  }

  /** Every one listens whose address is free now; tells whether all do. */
  async listenIfFree(): Promise<boolean> {
    return (await Promise.all(this.#listeners.map((listener) => listener.openIfFree()))).every(Boolean);
  }

  /**
   * All go through `session` from here on. Resolves when none wants anything of the one before. One that moves its listener with it,
   * on the server, is not known to work until it is there.
   */
  async attach(session: SshSession): Promise<void> {
    const moved = this.#listeners.map((listener) => listener.attach(session));
    for (const listener of this.#listeners) {
      if (!listener.isOpen && this.health.get(listener)?.result.state === "ok") this.health.delete(listener);
    }
    await Promise.all(moved);
  }

  /** There is no session, and nothing that was found through it is known any more. */
  detach(): void {
    for (const listener of this.#listeners) listener.detach();
    this.health.clear();
  }

  close(): void {
    for (const listener of this.#listeners) listener.close();
  }

  /** Whether the service behind a forward like this answers. */
  isHealthy(spec: ForwardSpec): boolean {
    return [...this.health].some(([listener, { result }]) => result.state === "ok" && isDeepStrictEqual(listener.spec, spec));
  }

  /** Tells whether the health of this forward is another than before, or has another cause. */
  note(listener: Forward, result: HealthResult, atMs: number): boolean {
    const before = this.health.get(listener);
    const isSame = before?.result.state === result.state;
    this.health.set(listener, { result, atMs, sinceMs: isSame ? before.sinceMs : atMs });
    return !isSame || codeOf(before.result) !== codeOf(result);
  }
}
