import type { LoginSpec } from "../config/tunnel-spec.js";
import { untilServerListens } from "../ssh/knock.js";
import { type HeldLooks, untilCauseChanged } from "./held-watch.js";
import type { TunnelEvent, TunnelState } from "./state.js";

/** What is looked at outside while a tunnel has no session. */
export interface Outside extends HeldLooks {
  readonly login: LoginSpec;
  /** Uniform in [0, 1). */
  readonly chance: () => number;
}

/** Waits for what would end this state early, and returns the event that it is; undefined when there is no such thing, or `signal` aborts first. */
export async function lookOut(state: TunnelState, outside: Outside, signal: AbortSignal): Promise<TunnelEvent | undefined> {
  switch (state.phase) {
    case "held":
      return (await untilCauseChanged(state.failure, outside, signal)) ? { type: "cause-changed", reason: "cause-changed" } : undefined;
    case "waiting":
      return (await untilServerListens(outside.login.target, state.failure, outside.chance, signal)) ? { type: "retry-due" } : undefined;
    case "stopped":
    case "connecting":
    case "up":
      return undefined;
  }
}
