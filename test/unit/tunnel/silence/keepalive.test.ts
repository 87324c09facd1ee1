import { describe, expect, it, vi } from "vitest";
import { Failure } from "../../../../src/base/failure.js";
import { watchForSilence } from "../../../../src/tunnel/silence/keepalive.js";
import { Suspicion } from "../../../../src/tunnel/silence/suspicion.js";
import { answered, type FakeSession, fakeSession, silence } from "../../fixtures/fake-session.js";
import { useFakeTime } from "../../fixtures/fake-time.js";

const policy = { intervalMs: 5_000, countMax: 3, replyTimeoutMs: 1_000 };

function watch(session: FakeSession, countMax = policy.countMax) {
  const suspicion = new Suspicion();
  const life = new AbortController();
  const roundTrips: number[] = [];
  const doubts: string[] = [];
  const watched = {
    roundTrips,
    doubts,
    suspicion,
    outcome: "still watching" as Failure | undefined | "still watching",
    end: async () => {
      life.abort();
      await vi.advanceTimersByTimeAsync(0);
    },
  };
  const watcher = {
    onRoundTrip: (rttMs: number) => void roundTrips.push(rttMs),
    onDoubt: () => void doubts.push("doubted"),
    onTrust: () => void doubts.push("trusted"),
  };
  void watchForSilence(session, { ...policy, countMax }, suspicion, watcher, life.signal).then((found) => {
    watched.outcome = found;
  });
  return watched;
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("the watch for silence", () => {
  useFakeTime();

  it("asks once per interval while the peer answers, and tells each round trip", async () => {
    const session = fakeSession();
    session.answer = answered(42);
    const watched = watch(session);
    await pass(3 * policy.intervalMs);
    expect(watched.roundTrips).toEqual([42, 42, 42, 42]);
    expect(watched.outcome).toBe("still watching");
  });

  it("finds nothing wrong when it is ended between two questions, and leaves no timer", async () => {
    const watched = watch(fakeSession());
    await pass(policy.intervalMs / 2);
    await watched.end();
    expect(watched.outcome).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("finds nothing wrong when it is ended while a question is open", async () => {
    const session = fakeSession();
    session.answer = silence;
    const watched = watch(session);
    await pass(policy.replyTimeoutMs / 2);
    await watched.end();
    expect(watched.outcome).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not blame the peer for a question that it was not given the time to answer", async () => {
    const session = fakeSession();
    session.answer = silence;
    const watched = watch(session, 1);
    await pass(policy.replyTimeoutMs / 2);
    await watched.end();
    expect(watched.outcome).toBeUndefined();
  });

  it("calls the peer silent after three questions in a row without an answer, and asks them without a pause", async () => {
    const session = fakeSession();
    session.answer = silence;
    const watched = watch(session);
    await pass(3 * policy.replyTimeoutMs - 1);
    expect(watched.outcome).toBe("still watching");
    await pass(1);
    expect(watched.outcome).toBeInstanceOf(Failure);
    expect(watched.outcome).toMatchObject({ code: "peer-silent", recovery: "retry" });
    expect(session.questions).toBe(3);
  });

  it("begins to count anew after one answer", async () => {
    const session = fakeSession();
    session.answer = (signal) => (session.questions % 3 === 0 ? Promise.resolve(7) : silence(signal));
    const watched = watch(session);
    await pass(60_000);
    expect(session.questions).toBeGreaterThan(9);
    expect(watched.outcome).toBe("still watching");
  });

  it("asks again when it is hurried while a question is open: that was asked before whatever the hurry is for", async () => {
    const session = fakeSession();
    let answer = (_rttMs: number) => {};
    session.answer = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const watched = watch(session);
    await pass(0);
    watched.suspicion.hurry();
    answer(7);
    await pass(0);
    expect(session.questions).toBe(2);
    answer(8);
    await pass(policy.intervalMs - 1);
    expect(session.questions).toBe(2);
    expect(watched.roundTrips).toEqual([7, 8]);
  });

  it("takes no bytes for an answer that came in before it was hurried and were not read yet", async () => {
    const session = fakeSession();
    session.answer = answered(7);
    const watched = watch(session);
    await pass(1_000);
    session.answer = silence;
    watched.suspicion.hurry();
    await pass(0);
    session.receivedBytes += 64;
    await pass(3 * policy.replyTimeoutMs + 100);
    expect(watched.outcome).toMatchObject({ code: "peer-silent", noticedBy: "probe" });
  });

  it("takes any byte from the peer for a sign of life, answer or not", async () => {
    const session = fakeSession();
    session.answer = silence;
    const trickle = setInterval(() => {
      session.receivedBytes += 1;
    }, policy.replyTimeoutMs / 2);
    const watched = watch(session);
    await pass(60_000);
    clearInterval(trickle);
    expect(watched.outcome).toBe("still watching");
    expect(watched.roundTrips).toEqual([]);
  });

  it("does not take bytes that came before a question for an answer to it", async () => {
    const session = fakeSession();
    session.receivedBytes = 1_000_000;
    session.answer = silence;
    const watched = watch(session);
    await pass(3 * policy.replyTimeoutMs);
    expect(watched.outcome).toMatchObject({ code: "peer-silent" });
  });

  it("does not count time in which its own unsent bytes move, for the question is queued behind them", async () => {
    const session = fakeSession();
    session.answer = silence;
    session.unsentBytes = 1_000;
    const link = setInterval(() => {
      if (session.unsentBytes === 0) return;
      session.unsentBytes -= 5;
      session.sentBytes += 5;
    }, 50);
    const watched = watch(session);
    await pass(9_900);
    expect(watched.outcome).toBe("still watching");
    expect(watched.doubts).toEqual([]);
    await pass(3 * policy.replyTimeoutMs + 200);
    clearInterval(link);
    expect(watched.outcome).toMatchObject({ code: "peer-silent" });
  });

  it("calls the peer silent when unsent bytes stand still", async () => {
    const session = fakeSession();
    session.answer = silence;
    session.unsentBytes = 100;
    const watched = watch(session);
    await pass(3 * policy.replyTimeoutMs);
    expect(watched.outcome).toMatchObject({ code: "peer-silent" });
  });

  it("doubts the peer after one question without an answer, once, and gives it up after all of them", async () => {
    const session = fakeSession();
    session.answer = silence;
    const watched = watch(session);
    await pass(policy.replyTimeoutMs - 50);
    expect(watched.doubts).toEqual([]);
    await pass(50);
    expect(watched.doubts).toEqual(["doubted"]);
    await pass(2 * policy.replyTimeoutMs);
    expect(watched.doubts).toEqual(["doubted"]);
    expect(watched.outcome).toMatchObject({ code: "peer-silent" });
  });

  it("trusts a peer again as soon as a byte comes from it", async () => {
    const session = fakeSession();
    session.answer = silence;
    const watched = watch(session);
    await pass(policy.replyTimeoutMs + 100);
    session.receivedBytes += 1;
    await pass(50);
    expect(watched.doubts).toEqual(["doubted", "trusted"]);
    expect(watched.outcome).toBe("still watching");
  });

  it("does not hold time against the peer in which this process stood still", async () => {
    const session = fakeSession();
    session.answer = silence;
    const watched = watch(session);
    await pass(100);
    // Stopped for a minute: every timer is due at once, and what the peer sent meanwhile is read after the first of them.
    vi.setSystemTime(Date.now() + 60_000);
    await pass(50);
    session.receivedBytes += 10;
    await pass(50);
    expect(watched.doubts).toEqual([]);
    expect(watched.outcome).toBe("still watching");
  });

  it("learns the round trip also from an answer that comes late", async () => {
    const session = fakeSession();
    session.answer = () => new Promise((resolve) => setTimeout(() => resolve(1_400), 1_400));
    const watched = watch(session);
    await pass(1_500);
    expect(watched.roundTrips.slice(0, 1)).toEqual([1_400]);
    expect(watched.doubts).toEqual(["doubted", "trusted"]);
    await pass(policy.intervalMs + 1_500);
    expect(watched.doubts).toEqual(["doubted", "trusted"]);
  });

  it("forgives unsent bytes that stood still while bytes came in", async () => {
    const session = fakeSession();
    session.unsentBytes = 100;
    const incoming = setInterval(() => {
      session.receivedBytes += 10;
    }, policy.replyTimeoutMs / 2);
    const watched = watch(session);
    await pass(30_000);
    clearInterval(incoming);
    expect(watched.outcome).toBe("still watching");
  });
});
