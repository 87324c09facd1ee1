import type { FailureReport } from "../base/failure.js";
import type { FailureCode } from "../base/failure-catalogue.js";
import type { ForwardSpec, HealthCheck } from "../config/tunnel-spec.js";
import type { DeepSeen, GatewayState } from "../health/openclaw/gateway-seen.js";
import type { EngineName, UnknownHostKey } from "../ssh/session.js";
import type { NoticedBy } from "./noticed-by.js";
import type { Phase, RenewalReason } from "./state.js";

/** The words of `status --json`. Fields may be added, never change meaning. Times are ISO 8601, null when there is none. */
export interface TunnelStatus {
  readonly name: string;
  readonly target: string;
  /** All of them as they stand in the config, the preferred one first, and the place among them of the one in use or tried last. */
  readonly targets: readonly string[];
  readonly targetIndex: number;
  readonly engine: EngineName;
  /** Why it is not the usual engine, in a few words. */
  readonly engineReason: string | null;
  /** What this log-in permits and should not. */
  readonly warnings: readonly string[];
  readonly phase: Phase;
  /** Why the tunnel is in this phase, as a code. */
  readonly reason: string;
  readonly health: Health;
  readonly since: string;
  /** Since when `health` is what it is; null while it is unknown. */
  readonly healthSince: string | null;
  readonly attempt: number;
  readonly nextRetryAt: string | null;
  readonly rttMs: number | null;
  readonly reconnects: number;
  readonly failure: (FailureReport & { readonly since: string }) | null;
  /** The new session that is to take the place of the one that stands, or why it did not. */
  readonly renewal: RenewalStatus | null;
  readonly lastOutage: OutageStatus | null;
  /** False for what `up --once` opened. */
  readonly saved: boolean;
  /** When the tunnel's schedule opens, closes and renews it next; null without one. */
  readonly schedule: ScheduleStatus | null;
  /** What only a person can answer or do. */
  readonly prompt: PromptStatus | null;
  /** Of the first forward that is asked as an OpenClaw gateway; null when none is. */
  readonly gateway: GatewayStatus | null;
  readonly forwards: readonly ForwardStatus[];
}

export interface GatewayStatus {
  readonly version: string | null;
  readonly startedAt: string | null;
  readonly state: GatewayState;
  /** The last check with a token, where the config wants one. */
  readonly deep: (Pick<DeepSeen, "state" | "detail" | "protocol"> & { readonly checkedAt: string | null }) | null;
}

/** `verified`: an answer came back through every forward. `degraded`: the session stands, a service does not answer. */
export type Health = "verified" | "degraded" | "unknown";

export interface RenewalStatus {
  readonly reason: RenewalReason;
  readonly since: string;
  /** Null while it is on its way. */
  readonly failure: TunnelStatus["failure"];
}

export interface OutageStatus {
  readonly startedAt: string;
  readonly endedAt: string;
  readonly durationMs: number;
  /** A failure's code, or `daemon-died`. */
  readonly cause: string;
  readonly noticedBy: NoticedBy;
}

export interface ScheduleStatus {
  readonly nextUpAt: string | null;
  readonly nextDownAt: string | null;
  readonly nextRenewAt: string | null;
}

export type PromptStatus = HostKeyPrompt | PortOwnerPrompt | SecretPrompt | NoticePrompt;

export interface HostKeyPrompt extends UnknownHostKey {
  readonly id: string;
  readonly kind: "host-key";
}

/** May this process be ended? It holds the port of a forward, and is an ssh with this very forward and nothing else. */
export interface PortOwnerPrompt {
  readonly id: string;
  readonly kind: "port-owner";
  readonly bind: string;
  readonly pid: number;
  readonly command: string;
  readonly user: string | null;
}

/** The log-in waits for an answer that only a person knows. The answer itself is never shown anywhere. */
export interface SecretPrompt {
  readonly id: string;
  readonly kind: "secret";
  readonly purpose: "passphrase" | "password" | "code";
  /** The key file's path, or `user@host:port`. */
  readonly subject: string;
  readonly text: string;
  /** Whether the answer may be seen while it is typed. */
  readonly isEchoed: boolean;
  /** The answer before was not right. */
  readonly isRepeated: boolean;
}

/** Something to do elsewhere while the log-in waits, such as touching a security key. There is nothing to answer. */
export interface NoticePrompt {
  readonly id: string;
  readonly kind: "notice";
  readonly text: string;
}

export interface ForwardStatus {
  readonly kind: ForwardSpec["kind"];
  /** Where it listens, or would: on this machine, or for a remote forward on the server. */
  readonly bind: string;
  /** What the config says: another one than `bind` while that is busy and the forward has another port. */
  readonly wantedBind: string;
  /** Null for a dynamic forward, which leads where each client asks. */
  readonly to: string | null;
  /** `http://…` when the service is known to speak HTTP, `socks5://…` for a dynamic forward, else the bare address or path. */
  readonly url: string;
  /** Whether the daemon holds the local address now; for a remote forward, whether the server listens. */
  readonly listening: boolean;
  readonly warning: string | null;
  /** What is expected to answer: anything at all, a web server, or an OpenClaw gateway. */
  readonly service: HealthCheck["kind"];
  readonly health: ForwardHealth;
  readonly connections: { readonly open: number; readonly total: number; readonly waiting: number };
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface ForwardHealth {
  readonly state: "ok" | "failing" | "unknown";
  readonly detail: string | null;
  /** Why it is failing; null when it is not. */
  readonly code: FailureCode | null;
  readonly checkedAt: string | null;
}
