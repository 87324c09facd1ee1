import { isoTime } from "../base/clock.js";
import type { Failure } from "../base/failure.js";
import { formatTarget } from "../config/target.js";
import { targetsOf } from "../config/targets-of.js";
import type { Forward } from "../forward/forward.js";
import { type CheckedHealth, reportForward } from "./forward-report.js";
import { reportGateway } from "./gateway-report.js";
import type { TunnelPast } from "./outage.js";
import type { TunnelRunner } from "./runner.js";
import { reportSchedule, type ScheduleTimes } from "./schedule.js";
import type { TunnelState } from "./state.js";
import type { Health, PromptStatus, RenewalStatus, TunnelStatus } from "./status.js";

export interface ReportExtras {
  readonly past: TunnelPast;
  readonly isSaved: boolean;
  readonly scheduleTimes: ScheduleTimes | undefined;
  readonly prompt: PromptStatus | null;
  /** The server was asked just now, and has not answered yet. */
  readonly isAwaited: boolean;
}

type Checks = ReadonlyMap<Forward, CheckedHealth>;

/** What is true of a tunnel now, in the words of `status --json`. */
export function reportTunnel(runner: TunnelRunner, { past, isSaved, scheduleTimes, prompt, isAwaited }: ReportExtras): TunnelStatus {
  const { spec, state, forwards } = runner;
  // Until the server speaks, nothing that was seen before is known to be true.
  const checks: Checks = state.phase !== "up" || state.isDoubted || isAwaited ? new Map() : forwards.health;
  const health = healthOf(forwards.listeners, checks);
  return {
    name: spec.name,
    target: runner.facts.target,
    targets: targetsOf(spec).map(formatTarget),
    targetIndex: runner.facts.targetIndex,
    engine: runner.facts.engine,
    engineReason: runner.facts.engineReason,
    warnings: runner.facts.warnings,
    phase: state.phase,
    reason: reasonOf(state),
    health,
    since: isoTime(state.sinceMs),
    healthSince: healthSinceOf(health, checks),
    attempt: "failures" in state ? state.failures : 0,
    nextRetryAt: state.phase === "waiting" ? isoTime(state.retryAtMs) : null,
    rttMs: runner.rttMs === undefined ? null : Math.round(runner.rttMs * 10) / 10,
    reconnects: past.reconnects,
    failure: failureOf(runner, checks),
    renewal: renewalOf(state, spec.name),
    lastOutage: past.lastOutage,
    saved: isSaved,
    schedule: reportSchedule(scheduleTimes),
    prompt,
    gateway: reportGateway(forwards.listeners, checks),
    forwards: forwards.listeners.map((listener) => reportForward(listener, checks.get(listener))),
  };
}

export function reasonOf(state: TunnelState): string {
  switch (state.phase) {
    case "stopped":
    case "connecting":
      return state.reason;
    case "up":
      return state.isDoubted ? "peer-doubted" : "session-stands";
    case "waiting":
    case "held":
      return state.failure.code;
  }
}

/** What keeps the tunnel from being verified: the state's own failure, else that of the first service that does not answer. */
function failureOf({ spec, state, forwards }: TunnelRunner, checks: Checks): TunnelStatus["failure"] {
  if ("failure" in state && state.failure !== null) return describeFailure(state.failure, state.sinceMs, spec.name);
  for (const listener of forwards.listeners) {
    const checked = checks.get(listener);
    if (checked?.result.state === "failing") return describeFailure(checked.result.failure, checked.sinceMs, spec.name);
  }
  return null;
}

/** The latest change among the forwards that make the health what it is. */
function healthSinceOf(health: Health, checks: Checks): string | null {
  if (health === "unknown") return null;
  const wanted = health === "verified" ? "ok" : "failing";
  const times = [...checks.values()].filter(({ result }) => result.state === wanted).map(({ sinceMs }) => sinceMs);
  return isoTime(Math.max(...times));
}

/** The hint with the tunnel's own name in it, ready to be typed. */
function describeFailure(failure: Failure, sinceMs: number, name: string): TunnelStatus["failure"] {
  const report = failure.report();
  return { ...report, hint: report.hint.replaceAll("NAME", name), since: isoTime(sinceMs) };
}

/** Verified only when an answer came back through every forward, on the session that stands now. */
function healthOf(listeners: readonly Forward[], checks: Checks): Health {
  const results = listeners.map((listener) => checks.get(listener)?.result.state);
  if (results.some((state) => state === "failing")) return "degraded";
  return results.every((state) => state === "ok") ? "verified" : "unknown";
}

function renewalOf(state: TunnelState, name: string): RenewalStatus | null {
  if (state.phase !== "up" || state.renewal === null) return null;
  const { reason, sinceMs, failure } = state.renewal;
  return { reason, since: isoTime(sinceMs), failure: failure && describeFailure(failure, sinceMs, name) };
}
