import type { Finding, Verdict } from "../openclaw/audit/report.js";
import type { NoticedBy } from "../tunnel/noticed-by.js";
import type { Phase, RenewalReason } from "../tunnel/state.js";
import type { Health, OutageStatus } from "../tunnel/status.js";
import type { apiVersion } from "./contract.js";

/**
 * One line of history.jsonl, and one `record` of `GET /v1/events`. `at` is ISO 8601, as every time here. Kinds and fields may be
 * added, never change meaning.
 */
export type HistoryRecord =
  | DaemonStarted
  | DaemonStopped
  | DaemonAway
  | StateRecord
  | HealthRecord
  | RenewalRecord
  | OutageRecord
  | PromptRecord
  | AuditRecord;

export interface DaemonStarted {
  readonly at: string;
  readonly type: "daemon-started";
  readonly version: string;
  /** When the daemon before it was last seen alive, to the minute; null when there was none. */
  readonly lastAliveAt: string | null;
}

/** Asked to end. A daemon that died leaves no such line. */
export interface DaemonStopped {
  readonly at: string;
  readonly type: "daemon-stopped";
  readonly why: string;
}

/** The machine slept, or the daemon was not run, until `at`. */
export interface DaemonAway {
  readonly at: string;
  readonly type: "daemon-away";
  readonly kind: "suspend" | "stall";
  readonly lengthMs: number;
}

export interface StateRecord {
  readonly at: string;
  readonly type: "state";
  readonly tunnel: string;
  readonly from: Phase;
  readonly to: Phase;
  /** As `reason` in the status. */
  readonly reason: string;
  /** The failure in words, where there is one. */
  readonly message: string | null;
}

/** A change of health while the session stands. Leaving `up` makes it unknown without a record. */
export interface HealthRecord {
  readonly at: string;
  readonly type: "health";
  readonly tunnel: string;
  readonly from: Health;
  readonly to: Health;
  /** The failure's code, where it is degraded. */
  readonly reason: string | null;
  readonly message: string | null;
}

/** What came of a session that was to take over from the one that stands: a restart, a new target, a renewal in time. */
export interface RenewalRecord {
  readonly at: string;
  readonly type: "renewal";
  readonly tunnel: string;
  readonly reason: RenewalReason;
  /** `failed`: the session that stood goes on. */
  readonly outcome: "renewed" | "failed";
  readonly message: string | null;
}

/** An outage that has ended. */
export interface OutageRecord extends OutageStatus {
  readonly at: string;
  readonly type: "outage";
  readonly tunnel: string;
}

/** A log-in waits for a person. The answer is in no record. */
export interface PromptRecord {
  readonly at: string;
  readonly type: "prompt";
  readonly tunnel: string;
  /** As in the status, and in `POST /v1/prompts/:id`. */
  readonly id: string;
  readonly kind: "secret" | "notice";
  readonly text: string;
  /** What a person can do. */
  readonly hint: string;
}

/** An audit found what the ones before it had not. */
export interface AuditRecord {
  readonly at: string;
  readonly type: "audit";
  readonly tunnel: string;
  readonly verdict: Verdict;
  /** What is new. */
  readonly findings: readonly Pick<Finding, "code" | "severity" | "port" | "title">[];
}

/** `GET /v1/history` */
export interface HistoryReport {
  readonly apiVersion: typeof apiVersion;
  /** The oldest record that is kept; nothing is known of the time before it. */
  readonly since: string | null;
  readonly tunnels: readonly TunnelHistory[];
}

/** The last 24 hours, 7 days and 30 days. */
export interface PerWindow<T> {
  readonly day: T;
  readonly week: T;
  readonly month: T;
}

export interface TunnelHistory {
  readonly name: string;
  /** The share of the wanted time in which a session stood, 0 to 1; null where the tunnel was not wanted at all. */
  readonly uptime: PerWindow<number | null>;
  /** Neither stopped, nor the machine asleep, nor the daemon asked to end. */
  readonly wantedMs: PerWindow<number>;
  /** Those that ended in the window, and the one that goes on. */
  readonly outageCount: PerWindow<number>;
  /** Over the outages that ended in the month. */
  readonly meanTimeToRecoverMs: number | null;
  /** The outage that goes on. */
  readonly openOutage: { readonly startedAt: string; readonly cause: string; readonly noticedBy: NoticedBy } | null;
  /** Newest first. */
  readonly outages: readonly OutageStatus[];
}
