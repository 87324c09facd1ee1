import type { Failure } from "../base/failure.js";
import type { BackoffPolicy } from "../config/tunnel-spec.js";
import { retryDelayMs } from "./backoff.js";
import type { ConnectReason, StopReason, TunnelEffect, TunnelEvent, TunnelState } from "./state.js";

export interface StepContext {
  readonly nowMs: number;
  /** Uniform in [0, 1), for the jitter. */
  readonly chance: number;
  readonly policy: BackoffPolicy;
}

export interface Step {
  readonly state: TunnelState;
  readonly effects: readonly TunnelEffect[];
}

/** A proven session that lived for so long is replaced at once: a flapping server sees one log-in a second, at most. */
const provenAfterMs = 1_000;

/**
 * The life of a tunnel, decided. Pure: the same state, event and context always give the same step.
 * An event that means nothing in a state (a retry that comes due after `stop`) changes nothing.
 */
export function step(state: TunnelState, event: TunnelEvent, context: StepContext): Step {
  switch (event.type) {
    case "start":
      return isActive(state) ? stay(state) : connect(event.reason, 0, context, leave(state));
    case "stop":
      return stop(state, event.reason, context);
    case "opened":
      return state.phase === "connecting"
        ? { state: { phase: "up", sinceMs: context.nowMs, failures: state.failures, isProven: false }, effects: [] }
        : stay(state);
    case "proved":
      return state.phase === "up" && !state.isProven ? { state: { ...state, isProven: true }, effects: [] } : stay(state);
    case "failed":
      return state.phase === "connecting" ? fail(event.failure, state.failures + 1, false, context) : stay(state);
    case "lost":
      return state.phase === "up" ? lose(state, event.failure, context) : stay(state);
    case "retry-due":
      return state.phase === "waiting" ? connect("retry-due", state.failures, context, []) : stay(state);
    case "cause-changed":
      return resume(state, event.reason, context);
  }
}

function isActive(state: TunnelState): boolean {
  return state.phase === "connecting" || state.phase === "up";
}

function stay(state: TunnelState): Step {
  return { state, effects: [] };
}

function connect(reason: ConnectReason, failures: number, { nowMs }: StepContext, before: readonly TunnelEffect[]): Step {
  return { state: { phase: "connecting", sinceMs: nowMs, reason, failures }, effects: [...before, { type: "connect" }] };
}

function stop(state: TunnelState, reason: StopReason, { nowMs }: StepContext): Step {
  // Who keeps it down may change while it is down.
  if (state.phase === "stopped")
    return (reason === "asked" || reason === "schedule") && reason !== state.reason
      ? { state: { ...state, reason }, effects: [] }
      : stay(state);
  return { state: { phase: "stopped", sinceMs: nowMs, reason }, effects: [...leave(state), { type: "close-listeners" }] };
}

/** A tunnel that waits or is held tries now, with its count of failures forgotten: what made them is no more. */
function resume(state: TunnelState, reason: ConnectReason, context: StepContext): Step {
  switch (state.phase) {
    case "waiting":
    case "held":
      return connect(reason, 0, context, leave(state));
    case "connecting":
    case "up":
      return reason === "restart-asked" || reason === "config-changed" ? connect(reason, 0, context, leave(state)) : stay(state);
    case "stopped":
      return stay(state);
  }
}

/** What heals is waited for, what needs a person is held. There is no third way, and no giving up. */
function fail(failure: Failure, failures: number, isAtOnce: boolean, context: StepContext): Step {
  const { nowMs, chance, policy } = context;
  if (failure.recovery !== "retry") return { state: { phase: "held", sinceMs: nowMs, failure }, effects: [{ type: "disconnect" }] };
  const delayMs = isAtOnce ? 0 : retryDelayMs(failures, chance, policy);
  return {
    state: { phase: "waiting", sinceMs: nowMs, failure, failures, retryAtMs: nowMs + delayMs },
    effects: [{ type: "disconnect" }, { type: "schedule-retry", delayMs }],
  };
}

/**
 * A session that was steady clears the count, so that its loss is the first failure again. One that worked is replaced at once
 * however often that happens; only a server that lets us in and drops us within a second makes us wait longer each time.
 */
function lose(state: TunnelState & { phase: "up" }, failure: Failure, context: StepContext): Step {
  const livedMs = context.nowMs - state.sinceMs;
  const failures = livedMs >= context.policy.steadyAfterMs ? 1 : state.failures + 1;
  return fail(failure, failures, state.isProven && livedMs >= provenAfterMs, context);
}

/** What has to end when a state is left for a reason from outside. */
function leave(state: TunnelState): TunnelEffect[] {
  switch (state.phase) {
    case "connecting":
    case "up":
      return [{ type: "disconnect" }];
    case "waiting":
      return [{ type: "cancel-retry" }];
    case "held":
    case "stopped":
      return [];
  }
}
