/** What a gateway is found to be; `old`: it answers, and is older than its own health checks; `other`: something else answers there. */
export type GatewayState = "live" | "starting" | "draining" | "down" | "hung" | "old" | "other" | "unknown";

/** What one check learned of a gateway. Null is what it does not say, or not to us. */
export interface GatewaySeen {
  readonly state: GatewayState;
  readonly version: string | null;
  /** For how long it has run, by its own wall clock. */
  readonly uptimeMs: number | null;
  /** On our wall clock, and the same from check to check of one and the same gateway. */
  readonly startedAtMs: number | null;
  readonly deep: DeepSeen | null;
}

/** The last verdict of the deep check. `stopped`: it is not asked again before something changes. */
export interface DeepSeen {
  readonly state: "ok" | "failing" | "stopped";
  readonly detail: string;
  /** Null when the gateway has not been asked yet. */
  readonly checkedAtMs: number | null;
  readonly protocol: number | null;
}

export function seen(state: GatewayState, changes: Partial<GatewaySeen> = {}): GatewaySeen {
  return { state, version: null, uptimeMs: null, startedAtMs: null, deep: null, ...changes };
}
