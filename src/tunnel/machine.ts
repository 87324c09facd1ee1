import type { Failure } from "../base/failure.js";
import type { BackoffPolicy } from "../config/tunnel-spec.js";
import { retryDelayMs } from "./backoff.js";
import type { ConnectReason, Renewal, RenewalReason, StopReason, TunnelEffect, TunnelEvent, TunnelState } from "./state.js";
import { dependsOnNetwork } from "./targets/no-target.js";

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

type UpState = TunnelState & { phase: "up" };

/** A proven session that lived for so long is replaced at once: a flapping server sees one log-in a second, at most. */
const provenAfterMs = 1_000;

/**
 * The life of a tunnel, decided. Pure: the same state, event and context always give the same step.
 * An event that means nothing in a state (a retry that comes due after `stop`) changes nothing.
 */
export function step(state: TunnelState, event: TunnelEvent, context: StepContext): Step {
  switch (event.type) {
    case "start":
      return isActive(state) ? stay(state) : connect(event.reason, afresh, context, leave(state));
    case "stop":
      return stop(state, event.reason, context);
    case "opened":
      return state.phase === "connecting" ? stand(state.failures, context, []) : stay(state);
    case "proved":
      return state.phase === "up" && !state.isProven ? { state: { ...state, isProven: true }, effects: [] } : stay(state);
    case "failed":
      return state.phase === "connecting" ? fail(event.failure, state.failures + 1, false, context, leave(state)) : stay(state);
    case "lost":
      return state.phase === "up" ? lose(state, event.failure, context) : stay(state);
    case "retry-due":
      return state.phase === "waiting" ? connect("retry-due", state, context, []) : stay(state);
    case "cause-changed":
      return resume(state, event.reason, context);
    case "renew":
      return renew(state, event.reason, context);
    case "trusted":
      return state.phase === "up" && state.isDoubted ? trust(state) : stay(state);
    case "renewed":
      return state.phase === "up" && isRenewing(state) ? stand(0, context, [{ type: "promote-successor" }]) : stay(state);
    case "renewal-failed":
      return state.phase === "up" && isRenewing(state) ? giveUpRenewal(state, state.renewal, event.failure, context) : stay(state);
  }
}

function isActive(state: TunnelState): boolean {
  return state.phase === "connecting" || state.phase === "up";
}

function isRenewing(state: UpState): state is UpState & { renewal: Renewal } {
  return state.renewal !== null && state.renewal.failure === null;
}

function stay(state: TunnelState): Step {
  return { state, effects: [] };
}

/** What the attempts so far came to. */
interface Attempts {
  readonly failures: number;
  readonly failure: Failure | null;
}

const afresh: Attempts = { failures: 0, failure: null };

function connect(reason: ConnectReason, { failures, failure }: Attempts, { nowMs }: StepContext, before: readonly TunnelEffect[]): Step {
  return { state: { phase: "connecting", sinceMs: nowMs, reason, failures, failure }, effects: [...before, { type: "connect" }] };
}

function stand(failures: number, { nowMs }: StepContext, effects: readonly TunnelEffect[]): Step {
  return { state: { phase: "up", sinceMs: nowMs, failures, isProven: false, isDoubted: false, renewal: null }, effects };
}

function stop(state: TunnelState, reason: StopReason, { nowMs }: StepContext): Step {
  // Who keeps it down may change while it is down.
  if (state.phase === "stopped")
    return (reason === "asked" || reason === "schedule") && reason !== state.reason
      ? { state: { ...state, reason }, effects: [] }
      : stay(state);
  return { state: { phase: "stopped", sinceMs: nowMs, reason }, effects: [...leave(state), { type: "close" }] };
}

/** A tunnel that waits or is held tries now, with its count of failures forgotten: what made them is no more. */
function resume(state: TunnelState, reason: ConnectReason, context: StepContext): Step {
  switch (state.phase) {
    case "waiting":
      return connect(reason, afresh, context, leave(state));
    case "held":
      // Neither a sleep nor another network makes a server accept what it refused; it may be another machine on another network.
      if (reason === "woke" || (reason === "network-changed" && !dependsOnNetwork(state.failure))) return stay(state);
      return connect(reason, afresh, context, []);
    case "connecting":
      // What was begun before a sleep, on another network or with another config leads nowhere any more.
      return startsAnew.has(reason) ? connect(reason, afresh, context, leave(state)) : stay(state);
    case "up":
      // So does a successor; the session itself is asked whether it still stands.
      return isRenewing(state) && startsAnew.has(reason) ? succeed(state, state.renewal.reason, context) : stay(state);
    case "stopped":
      return stay(state);
  }
}

const startsAnew: ReadonlySet<ConnectReason> = new Set(["restart-asked", "config-changed", "woke", "network-changed"]);

/** A session that stands goes on until the new one does. Without one there is nothing to keep: the attempt begins anew. */
function renew(state: TunnelState, reason: RenewalReason, context: StepContext): Step {
  if (state.phase !== "up") return reason === "restart-asked" || reason === "config-changed" ? resume(state, reason, context) : stay(state);
  // Who asks for it is not told that it is under way; what comes by itself does not interrupt it, and a doubt is tried once.
  const isAsked = reason === "restart-asked" || reason === "config-changed";
  const isTried = isRenewing(state) || (reason === "peer-doubted" && state.renewal?.reason === reason);
  const known: UpState = reason === "peer-doubted" && !state.isDoubted ? { ...state, isDoubted: true } : state;
  if (!isAsked && isTried) return stay(known);
  // Asked for once more, a move to another place is still one: should it fail, the old place must not be kept.
  const isMove = isRenewing(state) && state.renewal.reason === "config-changed";
  return succeed(known, isMove ? "config-changed" : reason, context);
}

/** Begins a successor, in place of one that is on its way. */
function succeed(state: UpState, reason: RenewalReason, { nowMs }: StepContext): Step {
  return settle(state, { reason, sinceMs: nowMs, failure: null }, [...leaveRenewal(state), { type: "connect-successor", reason }]);
}

/** What was begun only because of the doubt ends with it. */
function trust(state: UpState): Step {
  const trusted = { ...state, isDoubted: false };
  return state.renewal?.reason === "peer-doubted" ? settle(trusted, null, leaveRenewal(state)) : stay(trusted);
}

/** A tunnel that leads elsewhere now must not go on to the old place, working or not; any other keeps what works. */
function giveUpRenewal(state: UpState, renewal: Renewal, failure: Failure, context: StepContext): Step {
  if (renewal.reason === "config-changed") return fail(failure, 1, false, context, leave(state));
  return settle(state, { ...renewal, failure }, leaveRenewal(state));
}

function settle(state: UpState, renewal: Renewal | null, effects: readonly TunnelEffect[]): Step {
  return { state: { ...state, renewal }, effects };
}

/** What heals is waited for, what needs a person is held. There is no third way, and no giving up. */
function fail(failure: Failure, failures: number, isAtOnce: boolean, context: StepContext, before: readonly TunnelEffect[]): Step {
  const { nowMs, chance, policy } = context;
  if (failure.recovery !== "retry") return { state: { phase: "held", sinceMs: nowMs, failure }, effects: before };
  const delayMs = isAtOnce ? 0 : retryDelayMs(failures, chance, policy);
  return {
    state: { phase: "waiting", sinceMs: nowMs, failure, failures, retryAtMs: nowMs + delayMs },
    effects: [...before, { type: "schedule-retry", delayMs }],
  };
}

/**
 * A session that was steady clears the count, so that its loss is the first failure again. One that worked is replaced at once
 * however often that happens; only a server that lets us in and drops us within a second makes us wait longer each time.
 * A successor that is on its way is taken as it is; where the same doubt had one refused, asking again would be once too often.
 */
function lose(state: UpState, failure: Failure, context: StepContext): Step {
  const refusal = state.renewal?.reason === "peer-doubted" ? state.renewal.failure : null;
  if (refusal?.recovery === "needs-user") return fail(refusal, 0, false, context, leave(state));
  const livedMs = context.nowMs - state.sinceMs;
  const failures = livedMs >= context.policy.steadyAfterMs ? 1 : state.failures + 1;
  const hasSuccessor = isRenewing(state) && failure.recovery === "retry";
  const isAtOnce = hasSuccessor || (state.isProven && livedMs >= provenAfterMs);
  return fail(failure, failures, isAtOnce, context, hasSuccessor ? [{ type: "disconnect" }] : leave(state));
}

/** What has to end when a state is left. */
function leave(state: TunnelState): TunnelEffect[] {
  switch (state.phase) {
    case "connecting":
      return [{ type: "disconnect" }];
    case "up":
      return [...leaveRenewal(state), { type: "disconnect" }];
    case "waiting":
      return [{ type: "cancel-retry" }];
    case "held":
    case "stopped":
      return [];
  }
}

function leaveRenewal(state: UpState): TunnelEffect[] {
  return isRenewing(state) ? [{ type: "drop-successor" }] : [];
}
