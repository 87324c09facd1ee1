import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { lookPauseMs, PreferredWatch } from "../../../../src/tunnel/targets/preferred-watch.js";
import { useFakeTime } from "../../fixtures/fake-time.js";

const lan = { host: "lan", port: 22 };
const never = new AbortController().signal;
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("the pause between two looks", () => {
  it("is half a minute to a minute, grows with each move that came to nothing, and ends at an hour", () => {
    fc.assert(
      fc.property(fc.nat(100), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (refusals, chance) => {
        const pauseMs = lookPauseMs(refusals, chance);
        expect(pauseMs).toBeGreaterThanOrEqual(30_000);
        expect(pauseMs).toBeLessThanOrEqual(refusals === 0 ? 60_000 : 3_600_000);
        expect(lookPauseMs(refusals + 1, chance)).toBeGreaterThanOrEqual(pauseMs);
      }),
    );
  });
});

describe("the watch for a better target", () => {
  useFakeTime();

  function makeWatch() {
    const world = { isThere: false, knocks: 0 };
    const watch = new PreferredWatch(
      async () => {
        world.knocks += 1;
        return world.isThere;
      },
      () => 0,
    );
    return { world, watch };
  }

  it("knocks again and again until it is there", async () => {
    const { world, watch } = makeWatch();
    const answer = watch.untilOneAnswers(async () => [lan], never);
    await pass(60_000);
    expect(world.knocks).toBe(2);
    world.isThere = true;
    await pass(30_000);
    expect(await answer).toBe(true);
  });

  it("looks soon on another network, and forgets then how often it was refused", async () => {
    const { world, watch } = makeWatch();
    for (let move = 0; move < 5; move += 1) watch.noteMove();
    void watch.untilOneAnswers(async () => [lan], never);
    await pass(60_000);
    expect(world.knocks).toBe(0);
    watch.hurry();
    await pass(1_000);
    expect(world.knocks).toBe(1);
    await pass(30_000);
    expect(world.knocks).toBe(2);
  });

  it("takes one that cannot be knocked at to be there", async () => {
    const { watch } = makeWatch();
    const answer = watch.untilOneAnswers(async () => [null], never);
    await pass(30_000);
    expect(await answer).toBe(true);
  });

  it("ends with its signal, and leaves no timer", async () => {
    const { watch } = makeWatch();
    const life = new AbortController();
    const answer = watch.untilOneAnswers(async () => [lan], life.signal);
    await pass(10);
    life.abort();
    expect(await answer).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});
