import type { AuditRecord, HistoryRecord } from "../../api/history.js";
import { isoTime } from "../../base/clock.js";
import type { Logger } from "../../base/logger.js";
import { noPast, type TunnelPast } from "../../tunnel/outage.js";
import type { TunnelStatus } from "../../tunnel/status.js";
import type { Gap } from "../wake/wake.js";
import type { KeptRecord } from "./checkpoint.js";
import { HistoryFile } from "./file.js";
import { beforeAll, recordsOf, type Snapshot } from "./record-change.js";
import { replay } from "./replay.js";

/** How exactly the next daemon knows when this one died. */
const touchEveryMs = 60_000;

export interface HistoryContext {
  readonly path: string;
  readonly version: string;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/** The one place where records are made: they go to the file, and to who listens. */
export class History {
  readonly #file: HistoryFile;
  readonly #nowMs: () => number;
  readonly #listeners = new Set<(record: HistoryRecord) => void>();
  readonly #latest = new Map<string, Snapshot>();
  readonly #pasts = new Map<string, TunnelPast>();
  readonly #touching: NodeJS.Timeout;

  /** Begins with the record that a daemon has started. */
  constructor({ path, version, nowMs, log }: HistoryContext) {
    this.#nowMs = nowMs;
    this.#file = new HistoryFile(path, (error) =>
      log.error({ event: "history.unwritten", err: error }, "the history cannot be written; outages go unrecorded until it can"),
    );
    const startedMs = nowMs();
    const { records, aliveMs } = this.#file.open();
    const lastAliveMs = aliveMs === null ? null : Math.min(aliveMs, startedMs);
    try {
      this.#remember(records, startedMs, lastAliveMs);
    } catch (error) {
      // Tunnels are worth more than their past.
      log.error({ event: "history.bug", err: error }, "the history makes no sense; the tunnels begin without a past");
    }
    const lastAliveAt = lastAliveMs === null ? null : isoTime(lastAliveMs);
    this.#append({ at: isoTime(startedMs), type: "daemon-started", version, lastAliveAt });
    this.#touching = setInterval(() => this.#file.touch(nowMs()), touchEveryMs).unref();
  }

  /** Told of every change of a tunnel, and of some that are none. */
  note(tunnel: TunnelStatus): void {
    const { name, phase, reason, health, renewal, lastOutage, prompt } = tunnel;
    const records = recordsOf(this.#latest.get(name) ?? beforeAll, tunnel, this.#nowMs());
    this.#latest.set(name, { phase, reason, health, renewal, lastOutage, prompt });
    for (const record of records) this.#append(record);
  }

  /** The machine slept, or the daemon was not run. A clock that was set is neither. */
  noteGap({ kind, lengthMs }: Gap): void {
    if (kind !== "clock-step") this.#append({ at: isoTime(this.#nowMs()), type: "daemon-away", kind, lengthMs: Math.round(lengthMs) });
  }

  noteAudit(record: AuditRecord): void {
    this.#append(record);
  }

  /** What an earlier daemon knew of a tunnel. Only once: what is made anew under the same name has a past of its own. */
  takePast(name: string): TunnelPast | undefined {
    const past = this.#pasts.get(name);
    this.#pasts.delete(name);
    return past;
  }

  /** Every record that is kept, oldest first. Throws `history-unreadable`. */
  read(): KeptRecord[] {
    return this.#file.read();
  }

  /** Returns the way to stop it. */
  onRecord(listener: (record: HistoryRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The daemon was asked to end, and its tunnels are closed. */
  close(why: string): void {
    clearInterval(this.#touching);
    this.#append({ at: isoTime(this.#nowMs()), type: "daemon-stopped", why });
  }

  #remember(records: readonly KeptRecord[], startedMs: number, lastAliveMs: number | null): void {
    for (const [name, { outages, openOutage }] of replay(records, startedMs, lastAliveMs).tunnels) {
      const lastOutage = outages.at(-1) ?? null;
      this.#pasts.set(name, { ...noPast, lastOutage, openOutage });
      this.#latest.set(name, { ...beforeAll, lastOutage });
    }
  }

  #append(record: HistoryRecord): void {
    this.#file.append(record);
    for (const listener of this.#listeners) listener(record);
  }
}
