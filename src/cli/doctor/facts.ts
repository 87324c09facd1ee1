import type { DaemonStatus } from "../../api/contract.js";
import type { SleepSpan, TunnelHistory } from "../../api/history.js";
import type { FailureReport } from "../../base/failure.js";
import type { LoginSpec, TokenSource } from "../../config/tunnel-spec.js";
import type { PortOwner } from "../../forward/port-owner/port-owner.js";
import type { ServerExamination } from "../../openclaw/examine/report.js";
import type { LoginReport } from "../../ssh/examine/examine-login.js";
import type { WayReport } from "../../ssh/examine/examine-way.js";
import type { ExposureStatus, TunnelStatus } from "../../tunnel/status.js";

export type DaemonFacts =
  | { readonly state: "running"; readonly status: DaemonStatus; readonly ownVersion: string }
  /** `failure`: `daemon-not-running`, `daemon-unresponsive`, or what it answered. `pid` is of whoever holds its lock. */
  | { readonly state: "silent"; readonly failure: FailureReport; readonly pid: number | null };

export interface ConfigFacts {
  readonly path: string;
  /** Why the file as it is now is not, or would not be, in force. */
  readonly failure: FailureReport | null;
}

/** A local address of a tunnel, and whose it is. */
export interface PortFacts {
  /** `host:port`, as the config wants it. */
  readonly bind: string;
  readonly port: number;
  /** Whether our own daemon listens there for this tunnel. */
  readonly isOurs: boolean;
  /** Where it listens in its place; null where it does not. */
  readonly movedTo: string | null;
  /** Why it cannot be listened on; null where it can, or is ours. */
  readonly failure: FailureReport | null;
  readonly owner: PortOwner | null;
  /** Who has the loopback twin (`[::1]` beside `127.0.0.1`), where that is not us; null where nobody keeps it from us. */
  readonly twin: { readonly bind: string; readonly owner: PortOwner | null } | null;
}

/** A log-in that was tried, by the tunnel or for this look; `failure` is what it, or the session after it, came to. */
export interface SessionFacts {
  readonly by: "tunnel" | "doctor";
  readonly failure: FailureReport | null;
}

/** All that is known of one tunnel, or of a host that is none. Null: it was not looked at. */
export interface TunnelFacts {
  readonly name: string;
  readonly platform: NodeJS.Platform;
  readonly nowMs: number;
  /** Who runs this. */
  readonly localUser: string | null;
  /** False for a bare host: it has neither a daemon nor ports. */
  readonly isTunnel: boolean;
  readonly daemon: DaemonFacts;
  readonly config: ConfigFacts;
  readonly status: TunnelStatus | null;
  readonly history: TunnelHistory | null;
  readonly sleeps: readonly SleepSpan[];
  readonly isServiceInstalled: boolean;
  readonly ports: readonly PortFacts[];
  /** OpenClaw.app runs, and its config says that the gateway is on this machine. */
  readonly isAppLocal: boolean;
  readonly spec: LoginSpec | null;
  readonly login: LoginReport | null;
  readonly way: WayReport | null;
  /** The tunnel's other targets, and why none of them can be reached; empty where one can. */
  readonly otherWays: readonly { readonly target: string; readonly failure: FailureReport }[];
  readonly session: SessionFacts | null;
  readonly server: ServerExamination | null;
  readonly expectsGateway: boolean;
  /** Where the deep check has its token from; null without one. */
  readonly deepToken: TokenSource | null;
  /** What the last audit found. */
  readonly exposure: ExposureStatus | null;
}
