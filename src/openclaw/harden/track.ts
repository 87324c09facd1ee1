import type { HealthResult } from "../../health/result.js";
import type { HardenPace } from "./world.js";

/** What one look at the gateway found; null for what could not be seen. */
export interface Observed {
  readonly health: HealthResult | null;
  /** Whether what listens and what is written are what they are to be. */
  readonly isAsWanted: boolean | null;
}

type Condition = "right" | "still" | "away" | "draining" | "unseen";

/** How long the gateway has been in one condition, while it is waited for. */
export interface Track {
  readonly condition: Condition;
  readonly sinceMs: number;
  readonly looks: number;
  readonly begunMs: number;
  readonly wasRestarted: boolean;
}

export type Judgement = "proved" | "wait" | "restart" | "give-up";

export function beginTrack(nowMs: number): Track {
  return { condition: "unseen", sinceMs: nowMs, looks: 0, begunMs: nowMs, wasRestarted: false };
}

/** Takes in one look. Pure. */
export function follow(track: Track, observed: Observed, nowMs: number): Track {
  const condition = conditionOf(observed);
  if (condition === track.condition) return { ...track, looks: track.looks + 1 };
  return { ...track, condition, sinceMs: nowMs, looks: 1 };
}

/** What to do about it. `canRestart`: something is known that would. Pure. */
export function judge(track: Track, nowMs: number, pace: HardenPace, canRestart: boolean): Judgement {
  const lastedMs = nowMs - track.sinceMs;
  if (track.condition === "right") return track.looks >= pace.steadyLooks && lastedMs >= pace.steadyMs ? "proved" : "wait";
  if (nowMs - track.begunMs >= pace.overallMaxMs) return "give-up";
  const maxMs = { still: pace.stillMaxMs, away: pace.awayMaxMs, draining: pace.drainMaxMs, unseen: pace.awayMaxMs }[track.condition];
  if (lastedMs < maxMs) return "wait";
  const mayHelp = track.condition === "still" || track.condition === "away";
  return mayHelp && canRestart && !track.wasRestarted ? "restart" : "give-up";
}

/** A restart was asked for: it has its time again. Pure. */
export function restarted(track: Track, nowMs: number): Track {
  return { ...track, sinceMs: nowMs, looks: 0, wasRestarted: true };
}

function conditionOf({ health, isAsWanted }: Observed): Condition {
  if (health === null) return "unseen";
  if (health.state === "failing") return health.failure.code === "gateway-draining" ? "draining" : "away";
  if (isAsWanted === null) return "unseen";
  return isAsWanted ? "right" : "still";
}
