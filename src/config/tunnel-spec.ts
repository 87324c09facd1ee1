import type { Address } from "../base/address.js";
import type { Target } from "./target.js";

/** How to tell that the service behind a forward answers. */
export type HealthCheck =
  | { readonly kind: "tcp" }
  | { readonly kind: "http"; readonly path: string; readonly status: number | null }
  | { readonly kind: "openclaw" };

export interface HealthSpec {
  readonly check: HealthCheck;
  readonly everyMs: number;
  readonly timeoutMs: number;
}

export interface ForwardSpec {
  readonly bind: Address;
  readonly to: Address;
  readonly health: HealthSpec;
  /** Whether an HTTP client that no session was there for is told so, or reset like any other. */
  readonly hasOfflinePage: boolean;
}

export interface BackoffPolicy {
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  readonly steadyAfterMs: number;
}

export interface KeepalivePolicy {
  readonly intervalMs: number;
  readonly countMax: number;
  readonly replyTimeoutMs: number;
}

/** What an engine needs to know to open a session. Paths are absolute. */
export interface LoginSpec {
  readonly target: Target;
  /** Key files the user named; empty means the agent and the default files. */
  readonly identities: readonly string[];
  /** Where accepted host keys are looked up, and the first is where they are written. */
  readonly knownHosts: readonly string[];
  readonly globalKnownHosts: readonly string[];
  readonly connectTimeoutMs: number;
}

/**
 * What becomes of a tunnel whose local port somebody else has: it is held until the port is free, it listens on the next free
 * port meanwhile, or a stale ssh with this very forward is ended.
 */
export type OnPortBusy = "hold" | "next" | "replace";

/** One tunnel with nothing left open: every default filled in, every address parsed. */
export interface TunnelSpec {
  readonly name: string;
  readonly login: LoginSpec;
  readonly forwards: readonly ForwardSpec[];
  readonly keepalive: KeepalivePolicy;
  readonly backoff: BackoffPolicy;
  readonly waitForTunnelMs: number;
  readonly waitingConnectionsMax: number;
  readonly onPortBusy: OnPortBusy;
}
