import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import { type FailureCode, failureCatalogue } from "../../../src/base/failure-catalogue.js";
import type { BackoffPolicy } from "../../../src/config/tunnel-spec.js";
import { step } from "../../../src/tunnel/machine.js";
import { reasonOf } from "../../../src/tunnel/report.js";
import type { ConnectReason, Phase, RenewalReason, TunnelEffect, TunnelEvent, TunnelState } from "../../../src/tunnel/state.js";
import { NoTargetLetIn } from "../../../src/tunnel/targets/no-target.js";

const policy: BackoffPolicy = { firstDelayMs: 200, maxDelayMs: 30_000, steadyAfterMs: 30_000 };
const weather = new Failure("peer-silent", "the server stopped answering");
const refusal = new Failure("auth-rejected", "the server refused the key");
const plainAnswer = new Failure("session-gone", "an answer that no retry was promised for");

const states: Record<Phase, TunnelState> = {
  stopped: { phase: "stopped", sinceMs: 100, reason: "asked" },
  connecting: { phase: "connecting", sinceMs: 100, reason: "retry-due", failures: 3, failure: weather },
  up: { phase: "up", sinceMs: 100, failures: 3, isProven: false, isDoubted: false, renewal: null },
  waiting: { phase: "waiting", sinceMs: 100, failure: weather, failures: 3, retryAtMs: 500 },
  held: { phase: "held", sinceMs: 100, failure: refusal },
};

const events = {
  start: { type: "start", reason: "asked" },
  stop: { type: "stop", reason: "shutdown" },
  opened: { type: "opened" },
  proved: { type: "proved" },
  "failed by weather": { type: "failed", failure: weather },
  "failed for a person": { type: "failed", failure: refusal },
  "lost by weather": { type: "lost", failure: weather },
  "lost for a person": { type: "lost", failure: refusal },
  "retry due": { type: "retry-due" },
  "cause changed": { type: "cause-changed", reason: "cause-changed" },
  "daemon started": { type: "cause-changed", reason: "daemon-started" },
  woke: { type: "cause-changed", reason: "woke" },
  "restart asked": { type: "renew", reason: "restart-asked" },
  "config changed": { type: "renew", reason: "config-changed" },
  "renewal due": { type: "renew", reason: "renewal-due" },
  doubted: { type: "renew", reason: "peer-doubted" },
  trusted: { type: "trusted" },
  renewed: { type: "renewed" },
  "renewal failed": { type: "renewal-failed", failure: weather },
} as const satisfies Record<string, TunnelEvent>;

/** The phase that follows, and what is to be done, in order. `stays` means the very same state and nothing to do. */
const table: Record<Phase, Record<keyof typeof events, string>> = {
  stopped: {
    start: "connecting: connect",
    stop: "stays",
    opened: "stays",
    proved: "stays",
    "failed by weather": "stays",
    "failed for a person": "stays",
    "lost by weather": "stays",
    "lost for a person": "stays",
    "retry due": "stays",
    "cause changed": "stays",
    "daemon started": "stays",
    woke: "stays",
    "restart asked": "stays",
    "config changed": "stays",
    "renewal due": "stays",
    doubted: "stays",
    trusted: "stays",
    renewed: "stays",
    "renewal failed": "stays",
  },
  connecting: {
    start: "stays",
    stop: "stopped: disconnect, close",
    opened: "up:",
    proved: "stays",
    "failed by weather": "waiting: disconnect, schedule-retry",
    "failed for a person": "held: disconnect",
    "lost by weather": "stays",
    "lost for a person": "stays",
    "retry due": "stays",
    "cause changed": "stays",
    "daemon started": "stays",
    woke: "connecting: disconnect, connect",
    "restart asked": "connecting: disconnect, connect",
    "config changed": "connecting: disconnect, connect",
    "renewal due": "stays",
    doubted: "stays",
    trusted: "stays",
    renewed: "stays",
    "renewal failed": "stays",
  },
  up: {
    start: "stays",
    stop: "stopped: disconnect, close",
    opened: "stays",
    proved: "up:",
    "failed by weather": "stays",
    "failed for a person": "stays",
    "lost by weather": "waiting: disconnect, schedule-retry",
    "lost for a person": "held: disconnect",
    "retry due": "stays",
    "cause changed": "stays",
    "daemon started": "stays",
    woke: "stays",
    "restart asked": "up: connect-successor",
    "config changed": "up: connect-successor",
    "renewal due": "up: connect-successor",
    doubted: "up: connect-successor",
    trusted: "stays",
    renewed: "stays",
    "renewal failed": "stays",
  },
  waiting: {
    start: "connecting: cancel-retry, connect",
    stop: "stopped: cancel-retry, close",
    opened: "stays",
    proved: "stays",
    "failed by weather": "stays",
    "failed for a person": "stays",
    "lost by weather": "stays",
    "lost for a person": "stays",
    "retry due": "connecting: connect",
    "cause changed": "connecting: cancel-retry, connect",
    "daemon started": "connecting: cancel-retry, connect",
    woke: "connecting: cancel-retry, connect",
    "restart asked": "connecting: cancel-retry, connect",
    "config changed": "connecting: cancel-retry, connect",
    "renewal due": "stays",
    doubted: "stays",
    trusted: "stays",
    renewed: "stays",
    "renewal failed": "stays",
  },
  held: {
    start: "connecting: connect",
    stop: "stopped: close",
    opened: "stays",
    proved: "stays",
    "failed by weather": "stays",
    "failed for a person": "stays",
    "lost by weather": "stays",
    "lost for a person": "stays",
    "retry due": "stays",
    "cause changed": "connecting: connect",
    "daemon started": "connecting: connect",
    woke: "stays",
    "restart asked": "connecting: connect",
    "config changed": "connecting: connect",
    "renewal due": "stays",
    doubted: "stays",
    trusted: "stays",
    renewed: "stays",
    "renewal failed": "stays",
  },
};

const rows = Object.entries(table).flatMap(([phase, expectations]) =>
  Object.entries(expectations).map(([event, expected]) => ({
    state: states[phase as Phase],
    name: event as keyof typeof events,
    phase,
    expected,
  })),
);

describe("each event in each phase", () => {
  it.each(rows)("$phase, $name: $expected", ({ state, name, expected }) => {
    const next = step(state, events[name], { nowMs: 900, chance: 0.5, policy });
    if (expected === "stays") {
      expect(next.state).toBe(state);
      expect(next.effects).toEqual([]);
      return;
    }
    expect(`${next.state.phase}: ${next.effects.map(({ type }) => type).join(", ")}`.trim()).toBe(expected);
    expect(next.state.sinceMs).toBe(next.state.phase === "up" && state.phase === "up" ? state.sinceMs : 900);
  });
});

describe("a tunnel with several targets that is held", () => {
  const context = { nowMs: 900, chance: 0.5, policy };
  const heldFor = (...codes: readonly FailureCode[]): TunnelState => {
    const trials = codes.map((code, index) => ({ index, firstHop: null, failure: new Failure(code, code), unknownHostKey: undefined }));
    return { phase: "held", sinceMs: 100, failure: new NoTargetLetIn(trials) };
  };

  it("tries anew on another network when it met another machine, because that may not be there", () => {
    const held = heldFor("host-key-changed", "auth-rejected");
    expect(step(held, { type: "cause-changed", reason: "network-changed" }, context).state.phase).toBe("connecting");
    expect(step(held, { type: "cause-changed", reason: "woke" }, context).state).toBe(held);
  });

  it("stays held on any network when every server is known and refuses", () => {
    const held = heldFor("auth-rejected", "auth-rejected");
    expect(step(held, { type: "cause-changed", reason: "network-changed" }, context).state).toBe(held);
  });
});

describe("what a state remembers", () => {
  const at = (nowMs: number, chance = 0.5) => ({ nowMs, chance, policy });

  it("says in held which failure a person has to look at", () => {
    expect(step(states.connecting, events["failed for a person"], at(7)).state).toEqual({ phase: "held", sinceMs: 7, failure: refusal });
  });

  it("holds also a failure that promises no recovery, rather than trying for ever", () => {
    expect(step(states.connecting, { type: "failed", failure: plainAnswer }, at(7)).state).toMatchObject({ phase: "held" });
  });

  it("says in waiting when it tries again, and the timer is set for that very moment", () => {
    const { state, effects } = step(states.connecting, events["failed by weather"], at(1_000, 0.5));
    expect(state).toEqual({ phase: "waiting", sinceMs: 1_000, failure: weather, failures: 4, retryAtMs: 1_400 });
    expect(effects).toContainEqual({ type: "schedule-retry", delayMs: 400 });
  });

  it.each<TunnelEvent & { reason: ConnectReason }>([
    { type: "start", reason: "asked" },
    { type: "cause-changed", reason: "cause-changed" },
    { type: "cause-changed", reason: "config-changed" },
  ])("forgets the failures before %o, because what made them is no more", (event) => {
    expect(step(states.waiting, event, at(7)).state).toEqual({
      phase: "connecting",
      sinceMs: 7,
      reason: event.reason,
      failures: 0,
      failure: null,
    });
  });

  it("keeps count of the failures through a retry and through a session that was not steady", () => {
    const retried = step(states.waiting, { type: "retry-due" }, at(500)).state;
    expect(retried).toMatchObject({ failures: 3, failure: weather });
    const up = step(retried, { type: "opened" }, at(600)).state;
    expect(up).toEqual({ phase: "up", sinceMs: 600, failures: 3, isProven: false, isDoubted: false, renewal: null });
    expect(step(up, events["lost by weather"], at(600 + policy.steadyAfterMs - 1)).state).toMatchObject({ failures: 4 });
  });

  it("retries the first loss at once, however short the first session was", () => {
    const up: TunnelState = { phase: "up", sinceMs: 100, failures: 0, isProven: false, isDoubted: false, renewal: null };
    expect(step(up, events["lost by weather"], at(101, 0.999)).effects).toContainEqual({ type: "schedule-retry", delayMs: 0 });
  });

  it("replaces a session that worked at once, also the twentieth in a row", () => {
    const up: TunnelState = { phase: "up", sinceMs: 0, failures: 19, isProven: true, isDoubted: false, renewal: null };
    const { state, effects } = step(up, events["lost by weather"], at(1_000, 0.999));
    expect(effects).toContainEqual({ type: "schedule-retry", delayMs: 0 });
    expect(state).toMatchObject({ phase: "waiting", failures: 20 });
  });

  it.each([
    ["never answered", { phase: "up", sinceMs: 0, failures: 19, isProven: false, isDoubted: false, renewal: null }, 29_000],
    ["was dropped within a second", { phase: "up", sinceMs: 0, failures: 19, isProven: true, isDoubted: false, renewal: null }, 999],
  ] as const)("waits longer each time for a server whose session %s", (_what, up, nowMs) => {
    const { effects } = step(up, events["lost by weather"], at(nowMs, 0.5));
    expect(effects).toContainEqual({ type: "schedule-retry", delayMs: 15_000 });
  });

  it("does not take a clock that was set back for a steady session", () => {
    expect(
      step({ phase: "up", sinceMs: 1e12, failures: 3, isProven: false, isDoubted: false, renewal: null }, events["lost by weather"], at(0))
        .state,
    ).toMatchObject({
      failures: 4,
    });
  });
});

describe("a new session beside the one that stands", () => {
  const at = (nowMs: number) => ({ nowMs, chance: 0.999, policy });
  const renewing = (reason: RenewalReason, failure: Failure | null = null): TunnelState => ({
    phase: "up",
    sinceMs: 100,
    failures: 3,
    isProven: true,
    isDoubted: reason === "peer-doubted",
    renewal: { reason, sinceMs: 200, failure },
  });
  const types = (effects: readonly TunnelEffect[]) => effects.map(({ type }) => type);

  it("takes over when it is verified, and begins a count of its own", () => {
    const { state, effects } = step(renewing("restart-asked"), { type: "renewed" }, at(900));
    expect(state).toEqual({ phase: "up", sinceMs: 900, failures: 0, isProven: false, isDoubted: false, renewal: null });
    expect(types(effects)).toEqual(["promote-successor"]);
  });

  it.each<RenewalReason>(["restart-asked", "renewal-due", "peer-doubted"])(
    "leaves the old one in place when it fails after %s",
    (reason) => {
      const { state, effects } = step(renewing(reason), { type: "renewal-failed", failure: refusal }, at(900));
      expect(state).toEqual(renewing(reason, refusal));
      expect(types(effects)).toEqual(["drop-successor"]);
    },
  );

  it.each([
    ["waiting", weather, ["drop-successor", "disconnect", "schedule-retry"]],
    ["held", refusal, ["drop-successor", "disconnect"]],
  ] as const)("does not go on to the old place when the new one cannot be reached: %s", (phase, failure, expected) => {
    const { state, effects } = step(renewing("config-changed"), { type: "renewal-failed", failure }, at(900));
    expect(state).toMatchObject({ phase, failure });
    expect(types(effects)).toEqual(expected);
  });

  it("is still a move to another place when a restart is asked for on the way", () => {
    const { state, effects } = step(renewing("config-changed"), { type: "renew", reason: "restart-asked" }, at(900));
    expect(state).toMatchObject({ renewal: { reason: "config-changed", sinceMs: 900 } });
    expect(effects).toContainEqual({ type: "connect-successor", reason: "config-changed" });
    expect(step(state, { type: "renewal-failed", failure: weather }, at(950)).state).toMatchObject({ phase: "waiting", failure: weather });
  });

  it("is dropped when the peer that was doubted speaks, and only then", () => {
    expect(types(step(renewing("peer-doubted"), { type: "trusted" }, at(900)).effects)).toEqual(["drop-successor"]);
    expect(step(renewing("peer-doubted"), { type: "trusted" }, at(900)).state).toMatchObject({ renewal: null, sinceMs: 100 });
    expect(step(renewing("restart-asked"), { type: "trusted" }, at(900)).state).toEqual(renewing("restart-asked"));
  });

  it("is what the tunnel goes on with, at once, when the old one is lost meanwhile", () => {
    const lost = step(renewing("peer-doubted"), { type: "lost", failure: weather }, at(150));
    expect(types(lost.effects)).toEqual(["disconnect", "schedule-retry"]);
    expect(lost.effects).toContainEqual({ type: "schedule-retry", delayMs: 0 });
    expect(types(step(lost.state, { type: "retry-due" }, at(151)).effects)).toEqual(["connect"]);
  });

  it("does not outlive a tunnel that is stopped before it could take over", () => {
    const lost = step(renewing("peer-doubted"), { type: "lost", failure: weather }, at(900)).state;
    expect(types(step(lost, { type: "stop", reason: "asked" }, at(901)).effects)).toContain("close");
    expect(types(step(renewing("peer-doubted"), { type: "stop", reason: "asked" }, at(900)).effects)).toEqual([
      "drop-successor",
      "disconnect",
      "close",
    ]);
  });

  it("is not asked for a second time when the server has refused it for good", () => {
    const { state, effects } = step(renewing("peer-doubted", refusal), { type: "lost", failure: weather }, at(900));
    expect(state).toEqual({ phase: "held", sinceMs: 900, failure: refusal });
    expect(types(effects)).toEqual(["disconnect"]);
  });

  it("leaves no doubt forgotten that comes while another reason's is on its way, nor one that it was asked for over", () => {
    const doubt: TunnelEvent = { type: "renew", reason: "peer-doubted" };
    const doubted = step(renewing("restart-asked"), doubt, at(900));
    expect(doubted).toEqual({ state: { ...renewing("restart-asked"), isDoubted: true }, effects: [] });
    expect(step(doubted.state, doubt, at(901)).state).toBe(doubted.state);
    expect(step(doubted.state, { type: "trusted" }, at(901))).toEqual({ state: renewing("restart-asked"), effects: [] });
    const restarted = step(renewing("peer-doubted"), { type: "renew", reason: "restart-asked" }, at(900)).state;
    expect(restarted).toMatchObject({ isDoubted: true, renewal: { reason: "restart-asked" } });
    expect(step(restarted, { type: "renewed" }, at(901)).state).toMatchObject({ isDoubted: false });
  });

  it.each(["woke", "network-changed"] as const)("is begun anew, for the same reason, when it was on its way: %s", (reason) => {
    const { state, effects } = step(renewing("renewal-due"), { type: "cause-changed", reason }, at(900));
    expect(state).toMatchObject({ phase: "up", sinceMs: 100, renewal: { reason: "renewal-due", sinceMs: 900, failure: null } });
    expect(types(effects)).toEqual(["drop-successor", "connect-successor"]);
    expect(step(renewing("renewal-due", weather), { type: "cause-changed", reason }, at(900)).effects).toEqual([]);
  });

  it("is no reason to hold the tunnel when it failed with an answer that asks nobody for anything", () => {
    const { state } = step(renewing("restart-asked", plainAnswer), { type: "lost", failure: weather }, at(900));
    expect(state).toMatchObject({ phase: "waiting", failure: weather });
  });

  it("is asked for again when it was a restart that the server refused, however long ago", () => {
    const { state } = step(renewing("restart-asked", refusal), { type: "lost", failure: weather }, at(2_000));
    expect(state).toMatchObject({ phase: "waiting", failure: weather });
  });

  it("is tried once for one doubt, and again for a restart", () => {
    expect(step(renewing("peer-doubted", weather), { type: "renew", reason: "peer-doubted" }, at(900)).effects).toEqual([]);
    expect(step(renewing("restart-asked", weather), { type: "renew", reason: "peer-doubted" }, at(900)).effects).toEqual([
      { type: "connect-successor", reason: "peer-doubted" },
    ]);
    expect(types(step(renewing("peer-doubted"), { type: "renew", reason: "restart-asked" }, at(900)).effects)).toEqual([
      "drop-successor",
      "connect-successor",
    ]);
  });
});

interface Moment {
  readonly event: TunnelEvent;
  readonly passedMs: number;
  readonly chance: number;
}

interface Turn {
  readonly moment: Moment;
  readonly before: TunnelState;
  readonly after: TunnelState;
  readonly effects: readonly TunnelEffect[];
}

const connectReasons: ConnectReason[] = [
  "asked",
  "daemon-started",
  "config-changed",
  "retry-due",
  "cause-changed",
  "restart-asked",
  "woke",
  "network-changed",
];
const renewalReasons: RenewalReason[] = ["restart-asked", "config-changed", "renewal-due", "peer-doubted"];
const failures = fc.constantFrom(...(Object.keys(failureCatalogue) as FailureCode[])).map((code) => new Failure(code, "it happened"));
const reasons = fc.constantFrom(...connectReasons);
const anyEvent: fc.Arbitrary<TunnelEvent> = fc.oneof(
  fc.record({ type: fc.constant("start" as const), reason: reasons }),
  fc.record({ type: fc.constant("stop" as const), reason: fc.constantFrom("asked" as const, "schedule", "removed", "shutdown") }),
  fc.record({ type: fc.constantFrom("opened" as const, "proved") }),
  fc.record({ type: fc.constant("failed" as const), failure: failures }),
  fc.record({ type: fc.constant("lost" as const), failure: failures }),
  fc.record({ type: fc.constant("retry-due" as const) }),
  fc.record({ type: fc.constant("cause-changed" as const), reason: reasons }),
  fc.record({ type: fc.constant("renew" as const), reason: fc.constantFrom(...renewalReasons) }),
  fc.record({ type: fc.constantFrom("trusted" as const, "renewed") }),
  fc.record({ type: fc.constant("renewal-failed" as const), failure: failures }),
);
const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const histories = fc.array(
  fc.record({ event: anyEvent, passedMs: fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.constant(-3_600_000)), chance: chances }),
  { maxLength: 60 },
);

const born: TunnelState = { phase: "stopped", sinceMs: 0, reason: "new" };

function replay(moments: readonly Moment[], from: TunnelState = born): Turn[] {
  let state = from;
  let nowMs = state.sinceMs;
  return moments.map((moment) => {
    nowMs += moment.passedMs;
    const before = state;
    const next = step(before, moment.event, { nowMs, chance: moment.chance, policy });
    state = next.state;
    return { moment, before, after: next.state, effects: next.effects };
  });
}

const moment = (event: TunnelEvent, passedMs = 1_000, chance = 0.999): Moment => ({ event, passedMs, chance });
const has = (turn: Turn, type: TunnelEffect["type"]) => turn.effects.some((effect) => effect.type === type);
const checkTurns = (check: (turn: Turn) => void) =>
  fc.assert(
    fc.property(histories, (moments) => {
      for (const turn of replay(moments)) check(turn);
    }),
  );

describe("a tunnel that is stopped", () => {
  const stopped = (reason: "new" | "asked" | "schedule"): TunnelState => ({ phase: "stopped", sinceMs: 100, reason });
  const stop = (from: TunnelState, reason: "asked" | "schedule" | "removed" | "shutdown") =>
    step(from, { type: "stop", reason }, { nowMs: 900, chance: 0, policy });

  it.each([
    ["new", "asked"],
    ["new", "schedule"],
    ["asked", "schedule"],
    ["schedule", "asked"],
  ] as const)("takes another reason for it without anything to do: %s, then %s", (before, after) => {
    expect(stop(stopped(before), after)).toEqual({ state: stopped(after), effects: [] });
  });

  it.each(["removed", "shutdown"] as const)("keeps its reason at the end: %s", (reason) => {
    const state = stopped("schedule");
    expect(stop(state, reason).state).toBe(state);
  });
});

describe("whatever happens", () => {
  it("is always in a phase that names its reason", () => {
    checkTurns(({ after }) => {
      expect(reasonOf(after)).not.toBe("");
      if (after.phase === "waiting" || after.phase === "held") expect(after.failure).toBeInstanceOf(Failure);
      if (after.phase === "connecting") expect(connectReasons).toContain(after.reason);
    });
  });

  it("knocks on a server only after a start, a changed cause, or a retry that it waited for", () => {
    checkTurns((turn) => {
      if (!has(turn, "connect")) return;
      const { type } = turn.moment.event;
      expect(["start", "cause-changed", "renew", "retry-due"]).toContain(type);
      if (type === "retry-due") expect(turn.before.phase).toBe("waiting");
      if (type === "cause-changed") expect(turn.before.phase).not.toBe("stopped");
    });
  });

  it("ends in stopped when the last word was stop, with nothing left running", () => {
    fc.assert(
      fc.property(histories, (moments) => {
        const last = replay([...moments, moment({ type: "stop", reason: "asked" })]).at(-1);
        expect(last?.after.phase).toBe("stopped");
      }),
    );
  });

  it("never has two sessions, two timers, or a timer beside a session", () => {
    fc.assert(
      fc.property(histories, (moments) => {
        let sessions = 0;
        let timers = 0;
        let successors = 0;
        for (const { moment, after, effects } of replay(moments)) {
          if (moment.event.type === "retry-due") timers = 0;
          for (const effect of effects) {
            if (effect.type === "disconnect") sessions = 0;
            if (effect.type === "cancel-retry") timers = 0;
            if (effect.type === "connect") {
              sessions += 1;
              successors = 0;
            }
            if (effect.type === "connect-successor") successors += 1;
            if (effect.type === "promote-successor") {
              expect([sessions, successors]).toEqual([1, 1]);
              successors = 0;
            }
            if (effect.type === "drop-successor" || effect.type === "close") successors = 0;
            expect(successors).toBeLessThanOrEqual(1);
            if (effect.type === "schedule-retry") timers += 1;
            expect(sessions + timers).toBeLessThanOrEqual(1);
          }
          expect(sessions).toBe(after.phase === "connecting" || after.phase === "up" ? 1 : 0);
          expect(timers).toBe(after.phase === "waiting" ? 1 : 0);
          // The only one that outlives its session is there to take its place at the retry, which is then due.
          if (after.phase === "up") expect(successors).toBe(after.renewal !== null && after.renewal.failure === null ? 1 : 0);
          else if (after.phase === "waiting" && successors > 0) expect(after.retryAtMs).toBe(after.sinceMs);
          else expect(successors).toBe(0);
        }
      }),
    );
  });

  it("gives its listeners back when it stops, and only then", () => {
    checkTurns((turn) => {
      expect(has(turn, "close")).toBe(turn.after.phase === "stopped" && turn.before.phase !== "stopped");
    });
  });

  it("never waits longer than the longest delay, nor less than nothing", () => {
    checkTurns(({ effects }) => {
      for (const effect of effects) {
        if (effect.type !== "schedule-retry") continue;
        expect(effect.delayMs).toBeGreaterThanOrEqual(0);
        expect(effect.delayMs).toBeLessThanOrEqual(policy.maxDelayMs);
      }
    });
  });

  it("never gives up on weather: who waits has set a timer, and its state tells for when", () => {
    checkTurns(({ before, after, effects }) => {
      if (after.phase !== "waiting" || after === before) return;
      expect(effects).toContainEqual({ type: "schedule-retry", delayMs: after.retryAtMs - after.sinceMs });
    });
  });

  it("waits only for what heals by itself, and holds everything else without a timer", () => {
    checkTurns((turn) => {
      const { after } = turn;
      if (after.phase === "waiting") expect(after.failure.recovery).toBe("retry");
      if (after.phase !== "held") return;
      expect(after.failure.recovery).not.toBe("retry");
      expect(has(turn, "schedule-retry")).toBe(false);
    });
  });
});

describe("coming back", () => {
  const cameUpAfter = (tries: number): Moment[] => [
    moment({ type: "stop", reason: "asked" }),
    moment({ type: "start", reason: "asked" }),
    ...Array.from({ length: tries }, () => [moment({ type: "failed", failure: weather }), moment({ type: "retry-due" })]).flat(),
    moment({ type: "opened" }),
  ];

  it("retries a steady session's loss at once, whatever it took to get there", () => {
    fc.assert(
      fc.property(histories, fc.nat(20), fc.nat(1e6), chances, (moments, tries, extraMs, chance) => {
        const lost = moment({ type: "lost", failure: weather }, policy.steadyAfterMs + extraMs, chance);
        const last = replay([...moments, ...cameUpAfter(tries), lost]).at(-1);
        expect(last?.before.phase).toBe("up");
        expect(last?.after).toMatchObject({ phase: "waiting", failures: 1 });
        expect(last?.effects).toContainEqual({ type: "schedule-retry", delayMs: 0 });
      }),
    );
  });

  it("waits longer and longer for a server that takes the log-in and drops it, up to the longest delay", () => {
    const flaps = Array.from({ length: 20 }, () => [
      moment({ type: "opened" }),
      moment({ type: "lost", failure: weather }),
      moment({ type: "retry-due" }),
    ]).flat();
    const turns = replay([moment({ type: "start", reason: "asked" }), ...flaps]);
    const delays = turns.flatMap(({ effects }) => effects).flatMap((effect) => (effect.type === "schedule-retry" ? [effect.delayMs] : []));
    expect(delays).toHaveLength(20);
    expect(delays[0]).toBe(0);
    expect(delays).toEqual([...delays].sort((a, b) => a - b));
    expect(delays.at(-1)).toBeGreaterThan(policy.maxDelayMs * 0.99);
  });
});
