import { describe, expect, it, vi } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import { Lookout } from "../../../src/tunnel/lookout.js";
import type { TunnelEvent, TunnelState } from "../../../src/tunnel/state.js";
import { type Deferred, deferred } from "../fixtures/deferred.js";
import { useFakeTime } from "../fixtures/fake-time.js";

const away = new Failure("connection-refused", "nobody is there");
const waiting: TunnelState = { phase: "waiting", sinceMs: 0, failure: away, failures: 1, retryAtMs: 60_000 };
const busy: TunnelState = { phase: "held", sinceMs: 0, failure: new Failure("port-busy", "somebody has it") };
const others: readonly TunnelState[] = [
  { phase: "stopped", sinceMs: 0, reason: "asked" },
  { phase: "connecting", sinceMs: 0, reason: "asked", failures: 0, failure: null },
  { phase: "up", sinceMs: 0, failures: 0, isProven: false, isDoubted: false, renewal: null },
];
const flush = () => vi.advanceTimersByTimeAsync(0);

/** A lookout whose server and port are what the test says, and what it has told. */
function makeLookout() {
  const waits: { failure: Failure; signal: AbortSignal; isBack: Deferred<boolean> }[] = [];
  const events: TunnelEvent[] = [];
  const world = { isFree: false, looks: 0 };
  const outside = {
    untilServerListens: (failure: Failure, signal: AbortSignal) => {
      const isBack = deferred<boolean>();
      waits.push({ failure, signal, isBack });
      return isBack.promise;
    },
    untilBetterAnswers: () => Promise.resolve(false),
    surroundings: () => Promise.resolve({ keys: "", knownHosts: "", sshConfig: "" }),
    surroundingsBefore: () => Promise.resolve({ keys: "", knownHosts: "", sshConfig: "" }),
    listen: () => {
      world.looks += 1;
      return Promise.resolve(world.isFree);
    },
  };
  return { lookout: new Lookout(outside, (event) => events.push(event)), waits, events, world };
}

describe("the lookout", () => {
  useFakeTime();

  it("ends the wait for a server as soon as that listens, and was told what it is waited for", async () => {
    const { lookout, waits, events } = makeLookout();
    lookout.over(waiting);
    await flush();
    expect(events).toEqual([]);
    expect(waits.map(({ failure }) => failure)).toEqual([away]);
    waits[0]?.isBack.resolve(true);
    await flush();
    expect(events).toEqual([{ type: "retry-due" }]);
  });

  it("leaves a wait alone whose failure does not say that the server is away", async () => {
    const { lookout, waits, events } = makeLookout();
    lookout.over(waiting);
    waits[0]?.isBack.resolve(false);
    await flush();
    expect(events).toEqual([]);
  });

  it("lets a held tunnel go when what it is held for has changed, and leaves no timer", async () => {
    const { lookout, events, world } = makeLookout();
    lookout.over(busy);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(world.looks).toBeGreaterThan(1);
    expect(events).toEqual([]);
    world.isFree = true;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(events).toEqual([{ type: "cause-changed", reason: "cause-changed" }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("has nothing to look for in any other state", async () => {
    const { lookout, waits, events, world } = makeLookout();
    for (const state of others) {
      lookout.over(state);
      await vi.advanceTimersByTimeAsync(10_000);
    }
    expect([waits, events, world.looks, vi.getTimerCount()]).toEqual([[], [], 0, 0]);
  });

  it("ends the look for one state with the next, and hears no late news", async () => {
    const { lookout, waits, events } = makeLookout();
    lookout.over(waiting);
    lookout.over({ ...waiting, failures: 2 });
    expect(waits.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    waits[0]?.isBack.resolve(true);
    await flush();
    expect(events).toEqual([]);
    waits[1]?.isBack.resolve(true);
    for (const state of others) lookout.over(state);
    await flush();
    expect(events).toEqual([]);
  });
});
