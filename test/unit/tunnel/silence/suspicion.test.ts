import { describe, expect, it, vi } from "vitest";
import { watchForSilence } from "../../../../src/tunnel/silence/keepalive.js";
import { Suspicion } from "../../../../src/tunnel/silence/suspicion.js";
import { answered, type FakeSession, fakeSession, silence } from "../../fixtures/fake-session.js";

const policy = { intervalMs: 60_000, countMax: 3, replyTimeoutMs: 1_500 };
const watcher = { onRoundTrip: () => {}, onDoubt: () => {}, onTrust: () => {} };
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** A watch over a session whose first question, at the start, was answered. */
async function watched(rttMs = 10) {
  const session: FakeSession = fakeSession();
  const suspicion = new Suspicion();
  const life = new AbortController();
  session.answer = answered(rttMs);
  let outcome: unknown = "still watching";
  void watchForSilence(session, policy, suspicion, watcher, life.signal).then((found) => {
    outcome = found;
  });
  await pass(0);
  return { session, suspicion, outcome: () => outcome, end: () => life.abort() };
}

describe("a suspected peer", () => {
  it("is asked at once, and keeps its session when it answers", async () => {
    vi.useFakeTimers();
    const { session, suspicion, outcome, end } = await watched();
    suspicion.raise();
    await pass(0);
    expect(session.questions).toBe(2);
    await pass(2_000);
    expect(outcome()).toBe("still watching");
    end();
    vi.useRealTimers();
  });

  it("is given up after one unanswered question, not after as many as a keepalive allows", async () => {
    vi.useFakeTimers();
    const { session, suspicion, outcome } = await watched();
    session.answer = silence;
    suspicion.raise();
    await pass(1_000);
    expect(outcome()).toMatchObject({ code: "peer-silent" });
    vi.useRealTimers();
  });

  it("gets four round trips for its answer when it is far away", async () => {
    vi.useFakeTimers();
    const { session, suspicion, outcome } = await watched(600);
    session.answer = silence;
    suspicion.raise();
    await pass(2_350);
    expect(outcome()).toBe("still watching");
    await pass(50);
    expect(outcome()).toMatchObject({ code: "peer-silent" });
    vi.useRealTimers();
  });

  it("is only asked, as a keepalive would ask, when the machine woke up", async () => {
    vi.useFakeTimers();
    const { session, suspicion, outcome } = await watched();
    session.answer = silence;
    suspicion.hurry();
    await pass(policy.countMax * policy.replyTimeoutMs - 50);
    expect(outcome()).toBe("still watching");
    await pass(50);
    expect(outcome()).toMatchObject({ code: "peer-silent" });
    vi.useRealTimers();
  });

  it("is suspected when bytes went out and none came back, and not while none went out", async () => {
    vi.useFakeTimers();
    const { session, end } = await watched();
    await pass(10_000);
    expect(session.questions).toBe(1);
    session.sentBytes += 100;
    await pass(3_000);
    expect(session.questions).toBe(2);
    end();
    vi.useRealTimers();
  });

  it("is not suspected while it sends anything at all", async () => {
    vi.useFakeTimers();
    const { session, end } = await watched();
    for (let second = 0; second < 20; second += 1) {
      session.sentBytes += 100;
      session.receivedBytes += 1;
      await pass(1_000);
    }
    expect(session.questions).toBe(1);
    end();
    vi.useRealTimers();
  });
});
