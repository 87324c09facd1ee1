import type { Duplex } from "node:stream";
import { asFailure, type Failure } from "../base/failure.js";

/** What one check of one forward found. `detail` is for people; `failure` says which layer did not answer. */
export type HealthResult =
  | { readonly state: "ok"; readonly detail: string }
  | { readonly state: "failing"; readonly detail: string; readonly failure: Failure };

/** A fresh way to the service, through the forward's own session and destination. */
export type DialService = (signal: AbortSignal) => Promise<Duplex>;

export function failing(error: unknown): HealthResult {
  const failure = asFailure(error);
  return { state: "failing", detail: failure.message, failure };
}
