import type { Duplex } from "node:stream";
import { asFailure, type Failure } from "../base/failure.js";
import type { GatewaySeen } from "./openclaw/gateway-seen.js";

/**
 * What one check of one forward found. `detail` is for people; `failure` says which layer did not answer; `gateway` is there when
 * the service is to be an OpenClaw gateway.
 */
export type HealthResult =
  | { readonly state: "ok"; readonly detail: string; readonly gateway?: GatewaySeen }
  | { readonly state: "failing"; readonly detail: string; readonly failure: Failure; readonly gateway?: GatewaySeen };

/** A fresh way to the service, through the forward's own session and destination. */
export type DialService = (signal: AbortSignal) => Promise<Duplex>;

export function failing(error: unknown): HealthResult {
  const failure = asFailure(error);
  return { state: "failing", detail: failure.message, failure };
}
