import type { Absence } from "../forward/offline/offline-page.js";
import type { TunnelState } from "./state.js";

/** What may be told of a tunnel to a client that it has no session for. */
export function absenceOf(tunnel: string, state: TunnelState, nowMs: number): Absence {
  return {
    tunnel,
    phase: state.phase,
    code: "failure" in state ? (state.failure?.code ?? null) : null,
    retryInMs: state.phase === "waiting" ? Math.max(0, state.retryAtMs - nowMs) : null,
  };
}
