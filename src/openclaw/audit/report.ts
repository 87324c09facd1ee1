import type { FailureReport } from "../../base/failure.js";

/** `critical`: strangers can reach the gateway, or take it over. `warning`: one slip away from that. `info`: worth knowing, and no finding. */
export type Severity = "critical" | "warning" | "info";

/** What to do about a finding: commands that can be copied, and where they are typed. */
export interface Fix {
  /** For instance `on the server, with ufw`. */
  readonly about: string;
  readonly commands: readonly string[];
}

/** Where a finding was seen. */
export type Layer = "listeners" | "reach" | "config";

export interface Finding {
  /** Stable, for machines: `listens-everywhere`, `answers-publicly`, `docker-publishes`, … */
  readonly code: string;
  readonly layer: Layer;
  /** The port on the server that it is about; null when it is about none. */
  readonly port: number | null;
  readonly severity: Severity;
  readonly title: string;
  /** What was seen, as it was seen: a line of `ss`, an address and what answered there, a line of a file. Never a secret. */
  readonly evidence: readonly string[];
  readonly fixes: readonly Fix[];
}

/** One way of looking, and whether it was possible. */
export interface LayerReport {
  readonly state: "looked" | "could-not-look" | "not-needed";
  /** What was looked at and seen, or why it could not be. */
  readonly detail: string;
}

/** `exposed`: others than this machine's tunnel can reach it. `findings`: it is not exposed, but something ought to be mended. */
export type Verdict = "clean" | "findings" | "exposed" | "unknown";

/** `clawtunnel audit --json`, one for each tunnel. Times are ISO 8601. */
export interface AuditReport {
  readonly tunnel: string;
  readonly target: string;
  readonly at: string;
  readonly verdict: Verdict;
  /** `listeners`: the server's listening sockets, seen on the server itself; `reach`: the host's addresses, dialled from here. These decide; `config`, the gateway's configuration and what is around it, explains. */
  readonly layers: Readonly<Record<Layer, LayerReport>>;
  /** Worst first. */
  readonly findings: readonly Finding[];
  /** Why nothing could be looked at; the verdict is `unknown` then. */
  readonly failure: FailureReport | null;
}
