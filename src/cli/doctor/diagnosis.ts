import type { FailureCode } from "../../base/failure-catalogue.js";
import type { Fix } from "../../openclaw/audit/report.js";

/** From this machine to the gateway, in the order in which a connection meets them. */
export const layers = [
  "daemon",
  "config",
  "tunnel",
  "local-port",
  "name",
  "ssh-port",
  "host-key",
  "authentication",
  "forwarding",
  "remote-listener",
  "gateway",
  "token",
  "exposure",
] as const;
export type Layer = (typeof layers)[number];

/** What of this machine has to do with tunnels and does not lie on the way of any. */
export type MachineLayer = "node" | "crypto" | "openclaw-client";

/** What doctor can name beyond the failures themselves. */
export type DoctorCode =
  | FailureCode
  | "daemon-other-version"
  | "down-by-schedule"
  | "often-cut"
  | "slow-after-sleep"
  | "died-unattended"
  | "port-of-clawtunnel"
  | "port-of-ssh"
  | "port-of-gateway"
  | "twin-taken"
  | "port-moved"
  | "localforward-same-port"
  | "openclaw-app-local"
  | "user-guessed"
  | "too-many-keys"
  | "agent-empty"
  | "key-too-open"
  | "key-restricted"
  | "permitopen-localhost"
  | "gateway-elsewhere"
  | "port-of-browser-control"
  | "port-of-sandbox"
  | "gateway-old"
  | "exposed"
  | "audit-findings"
  | "node-old"
  | "crypto-missing"
  | "client-local"
  | "client-elsewhere";

/** `broken`: nothing comes through here. `warning`: it does, and something ought to be mended. `unknown`: it could not be seen. */
export type DiagnosisState = "ok" | "warning" | "broken" | "unknown" | "not-looked-at";

export interface Diagnosis<Where extends string = Layer> {
  readonly layer: Where;
  readonly state: DiagnosisState;
  /** Null where all is well, or nothing was seen. */
  readonly code: DoctorCode | null;
  readonly seen: string;
  readonly todo: readonly Fix[];
}

/** What a judge of one layer says; which layer that is its caller knows. */
export type Verdict = Omit<Diagnosis, "layer">;

export const ok = (seen: string): Verdict => ({ state: "ok", code: null, seen, todo: [] });
export const unknown = (seen: string, code: DoctorCode | null = null, ...todo: Fix[]): Verdict => ({ state: "unknown", code, seen, todo });
export const broken = (code: DoctorCode, seen: string, ...todo: Fix[]): Verdict => ({ state: "broken", code, seen, todo });
export const warning = (code: DoctorCode, seen: string, ...todo: Fix[]): Verdict => ({ state: "warning", code, seen, todo });
export const notLookedAt = (seen = "not looked at"): Verdict => ({ state: "not-looked-at", code: null, seen, todo: [] });

export const fix = (about: string, ...commands: string[]): Fix => ({ about, commands });
