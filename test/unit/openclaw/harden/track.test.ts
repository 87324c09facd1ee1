import { describe, expect, it } from "vitest";
import { Failure } from "../../../../src/base/failure.js";
import type { FailureCode } from "../../../../src/base/failure-catalogue.js";
import { failing } from "../../../../src/health/result.js";
import { beginTrack, follow, type Judgement, judge, type Observed, restarted } from "../../../../src/openclaw/harden/track.js";
import { usualPace } from "../../../../src/openclaw/harden/world.js";

const ok = { state: "ok", detail: "live" } as const;
const right: Observed = { health: ok, isAsWanted: true };
const wrong: Observed = { health: ok, isAsWanted: false };
const unwell = (code: FailureCode): Observed => ({ health: failing(new Failure(code, "not well")), isAsWanted: null });

/** A look each second; what is done about it as soon as it is something else than to wait, and at which second. */
function watch(looks: (second: number) => Observed, canRestart: boolean): (readonly [Judgement, number])[] {
  let track = beginTrack(0);
  const done: (readonly [Judgement, number])[] = [];
  for (let second = 0; second < 2_000; second++) {
    track = follow(track, looks(second), second * 1_000);
    const judgement = judge(track, second * 1_000, usualPace, canRestart);
    if (judgement === "wait") continue;
    done.push([judgement, second]);
    if (judgement !== "restart") return done;
    track = restarted(track, second * 1_000);
  }
  return done;
}

describe("waiting for a gateway", () => {
  it("proves nothing by one look that is right", () => {
    expect(watch(() => right, false)).toEqual([["proved", 6]]);
    expect(watch((second) => (second === 5 ? unwell("gateway-down") : right), false)).toEqual([["proved", 12]]);
  });

  it("restarts one that does not move, once, and gives up when that does not help either", () => {
    expect(watch(() => wrong, true)).toEqual([
      ["restart", 20],
      ["give-up", 40],
    ]);
    expect(watch(() => wrong, false)).toEqual([["give-up", 20]]);
  });

  it("is patient with one that finishes its work, far longer than with one that is away", () => {
    const drains = (second: number) => (second < 315 ? unwell("gateway-draining") : right);
    expect(watch(drains, true)).toEqual([["proved", 321]]);
    expect(watch(() => unwell("gateway-down"), false)).toEqual([["give-up", 90]]);
  });

  it("gives up one that goes to and fro for ever", () => {
    expect(watch((second) => (second % 2 === 0 ? wrong : unwell("gateway-down")), true)).toEqual([["give-up", 600]]);
  });
});
