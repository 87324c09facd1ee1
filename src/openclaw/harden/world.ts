import type { Clock } from "../../base/clock.js";
import type { HealthResult } from "../../health/result.js";
import type { RemoteHost } from "../../ssh/session.js";
import type { AuditedPort, Look, Reached } from "../audit/facts.js";
import type { GatewayConfig } from "../config/gateway-config.js";
import type { ServerListeners } from "../server/listeners.js";
import type { GatewayProcess } from "../server/process.js";

/** All that a hardening sees of the outside. */
export interface HardenWorld {
  /** The session that stands; waits for the next one, but not for ever: rejects with `session-gone` then. */
  host(signal: AbortSignal): Promise<RemoteHost>;
  /** The gateway, asked now through the very forward. Never throws. */
  health(signal: AbortSignal): Promise<HealthResult>;
  config(host: RemoteHost, signal: AbortSignal): Promise<GatewayConfig>;
  listeners(host: RemoteHost, ports: readonly number[], signal: AbortSignal): Promise<ServerListeners>;
  process(host: RemoteHost, pid: number, signal: AbortSignal): Promise<GatewayProcess>;
  /** The host's own addresses, dialled from this machine; not possible behind a jump host, for one. Never rejects. */
  reach(ports: readonly AuditedPort[], signal: AbortSignal): Promise<Look<readonly Reached[]>>;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly pace: HardenPace;
  /** Of letters and digits, and never the same twice. */
  newId(): string;
}

/** What is hardened, and by whom. */
export interface HardenTask {
  readonly tunnel: string;
  readonly target: string;
  /** Where the forward leads, as the server sees it. */
  readonly to: { readonly host: string; readonly port: number } | null;
  /** Tells the hardenings of several machines, daemons and tunnels apart: whose journal it is. */
  readonly by: string;
  /** A command of the person's own, for the server's shell, that starts the gateway's process anew; null when none was given. */
  readonly restart: string | null;
}

/** How long things may take, in ms. */
export interface HardenPace {
  readonly pollMs: number;
  /** What is right must be so for this long, and at so many looks, before it is proved: a gateway notices a write of its file within a second. */
  readonly steadyMs: number;
  readonly steadyLooks: number;
  /** A gateway that has not moved by then does not restart by itself. */
  readonly stillMaxMs: number;
  /** A restart takes 3 to 12 s (openclaw 2026.9.6), on a small machine more. */
  readonly awayMaxMs: number;
  /** A gateway finishes its work before it restarts: 315 s at most (openclaw 2026.9.6). */
  readonly drainMaxMs: number;
  readonly overallMaxMs: number;
  /** One command on the server. */
  readonly execMaxMs: number;
  /** Without a sign of life for so long, whoever holds the journal is taken for gone. */
  readonly leaseMs: number;
}

export const usualPace: HardenPace = {
  pollMs: 1_000,
  steadyMs: 6_000,
  steadyLooks: 4,
  stillMaxMs: 20_000,
  awayMaxMs: 90_000,
  drainMaxMs: 330_000,
  overallMaxMs: 600_000,
  execMaxMs: 30_000,
  leaseMs: 90_000,
};
