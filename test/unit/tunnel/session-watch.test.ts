import { describe, expect, it, vi } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import type { LocalForwardSpec } from "../../../src/config/tunnel-spec.js";
import { SessionWatch } from "../../../src/tunnel/session-watch.js";
import { deferred } from "../fixtures/deferred.js";
import { type FakeSession, fakeSession, portOf, quietChannel, silence } from "../fixtures/fake-session.js";
import { useFakeTime } from "../fixtures/fake-time.js";
import { forwardSpec, IdleListener } from "../fixtures/forwards.js";

const keepalive = { intervalMs: 5_000, countMax: 2, replyTimeoutMs: 1_500 };
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const flush = () => pass(0);
const prohibited = new Failure("forwarding-prohibited", "the server prohibits it");

/** Begins to watch a session, and writes down what is told of it. */
function startWatch(session: FakeSession, specs: readonly LocalForwardSpec[] = [], watch = new SessionWatch()) {
  const told: string[] = [];
  const watched = { watch, told, outcome: "still watching" as Failure | undefined | "still watching" };
  const listeners = specs.map((spec) => new IdleListener(spec));
  void watch
    .over(session, listeners, keepalive, {
      onRoundTrip: (rttMs) => void told.push(`${rttMs} ms`),
      onDoubt: () => void told.push("doubted"),
      onTrust: () => void told.push("trusted"),
      onHealth: ({ spec }, { state }) => void told.push(`${spec.kind === "local" ? portOf(spec.to) : spec.kind} ${state}`),
    })
    .then((failure) => {
      watched.outcome = failure;
    });
  return watched;
}

/** Whether a promise has resolved by now, asked as often as wanted. */
function isResolved(promise: Promise<void>): () => boolean {
  let isDone = false;
  void promise.then(() => {
    isDone = true;
  });
  return () => isDone;
}

describe("the watch over a session", () => {
  useFakeTime();

  it("tells round trips and the health of every service, until the session ends, and then why it did", async () => {
    const session = fakeSession();
    const watched = startWatch(session, [forwardSpec(1, 80), forwardSpec(2, 81)]);
    await flush();
    expect(watched.told.sort()).toEqual(["1 ms", "80 ok", "81 ok"]);
    const failure = new Failure("connection-reset", "the network cut it");
    session.end(failure);
    await flush();
    expect(watched.outcome).toBe(failure);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("names the first cause: a session that ends while its peer is silent has ended, one that ends afterwards was silent", async () => {
    const first = fakeSession();
    first.answer = silence;
    const ended = startWatch(first);
    await pass(2_000);
    first.end();
    await flush();
    expect(ended.outcome).toMatchObject({ code: "peer-closed" });

    const second = fakeSession();
    second.answer = silence;
    const silent = startWatch(second);
    await pass(keepalive.countMax * keepalive.replyTimeoutMs);
    second.end();
    await flush();
    expect(silent.outcome).toMatchObject({ code: "peer-silent" });
  });

  it("takes fifty forwards for no leak", async () => {
    const warnings: Error[] = [];
    const hear = (warning: Error) => void warnings.push(warning);
    process.on("warning", hear);
    const { watch, told } = startWatch(
      fakeSession(),
      Array.from({ length: 50 }, (_, index) => forwardSpec(index + 1)),
    );
    await flush();
    expect(told.filter((line) => line === "80 ok")).toHaveLength(50);
    watch.end();
    await flush();
    process.off("warning", hear);
    expect(warnings).toEqual([]);
  });

  it("finds nothing wrong when it is ended, and leaves no timer", async () => {
    const session = fakeSession();
    const watched = startWatch(session, [forwardSpec(1)]);
    await flush();
    watched.watch.end();
    await flush();
    expect(watched.outcome).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
    session.end();
    await flush();
    expect(watched.outcome).toBeUndefined();
  });

  it("finds nothing wrong when it is ended in the very turn in which the session ends", async () => {
    const session = fakeSession();
    const watched = startWatch(session);
    await flush();
    session.end();
    watched.watch.end();
    await flush();
    expect(watched.outcome).toBeUndefined();
  });

  it("ends with the next one, which alone is told of from then on", async () => {
    const [old, fresh] = [fakeSession(), fakeSession()];
    const first = startWatch(old, [forwardSpec(1, 80)]);
    await flush();
    const second = startWatch(fresh, [forwardSpec(1, 81)], first.watch);
    const toldBefore = [...first.told];
    await pass(60_000);
    old.end();
    await flush();
    expect(first.outcome).toBeUndefined();
    expect(first.told).toEqual(toldBefore);
    expect(second.told).toContain("81 ok");
    expect(second.outcome).toBe("still watching");
    fresh.end();
    await flush();
    expect(second.outcome).toMatchObject({ code: "peer-closed" });
  });

  it("hears nothing of an old session's answers, neither those that come late nor those that come in the turn of its end", async () => {
    const old = fakeSession();
    const [answer, channel] = [deferred<number>(), deferred<ReturnType<typeof quietChannel>>()];
    old.answer = () => answer.promise;
    old.serve = () => channel.promise;
    const first = startWatch(old, [forwardSpec(1)]);
    await flush();
    answer.resolve(7);
    channel.resolve(quietChannel());
    startWatch(fakeSession(), [], first.watch);
    await pass(10_000);
    expect(first.told).toEqual([]);
  });

  it("asks for a doubt and for trust at the moments when the peer gives cause for them", async () => {
    const session = fakeSession();
    session.answer = silence;
    const { told } = startWatch(session);
    await pass(keepalive.replyTimeoutMs);
    expect(told).toEqual(["doubted"]);
    session.receivedBytes += 1;
    await pass(50);
    expect(told).toEqual(["doubted", "trusted"]);
  });

  it("asks a peer at once that something waits for, and says afterwards that this was why", async () => {
    const session = fakeSession();
    const { watch } = startWatch(session);
    await flush();
    expect([session.questions, watch.asked]).toEqual([1, "routine"]);
    session.answer = silence;
    watch.raise();
    await flush();
    expect([session.questions, watch.asked]).toEqual([2, "suspected"]);
  });
});

describe("a server that prohibits forwarding", () => {
  useFakeTime();

  it("ends the watch when it does so for every forward", async () => {
    const session = fakeSession();
    session.serve = () => Promise.reject(prohibited);
    const { told, outcome } = await flushed(startWatch(session, [forwardSpec(1, 80), forwardSpec(2, 81)]));
    expect(told.filter((line) => line.endsWith("failing"))).toHaveLength(2);
    expect(outcome).toBe(prohibited);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not end it while one forward is let through, or fails in another way", async () => {
    const session = fakeSession();
    session.serve = (to) => (portOf(to) === 80 ? Promise.reject(prohibited) : Promise.resolve(quietChannel()));
    expect((await flushed(startWatch(session, [forwardSpec(1, 80), forwardSpec(2, 81)]))).outcome).toBe("still watching");

    const other = fakeSession();
    other.serve = (to) => Promise.reject(portOf(to) === 80 ? prohibited : new Failure("service-refused", "nothing listens"));
    expect((await flushed(startWatch(other, [forwardSpec(1, 80), forwardSpec(2, 81)]))).outcome).toBe("still watching");
  });

  it("is forgiven for one forward before it does so for the other", async () => {
    const session = fakeSession();
    let refusing = 80;
    session.serve = (to) => (portOf(to) === refusing ? Promise.reject(prohibited) : Promise.resolve(quietChannel()));
    const everyMs = 1_000;
    const often = { check: { kind: "tcp" }, everyMs, timeoutMs: 500 } as const;
    const watched = startWatch(session, [forwardSpec(1, 80, { health: often }), forwardSpec(2, 81, { health: often })]);
    await flush();
    refusing = 81;
    await pass(5 * everyMs);
    expect(watched.outcome).toBe("still watching");
  });

  it("has nothing to prohibit to a tunnel without forwards", async () => {
    expect((await flushed(startWatch(fakeSession()))).outcome).toBe("still watching");
  });
});

describe("to ask whether a session still stands", () => {
  useFakeTime();

  it("takes no time without a session: before the first one, and after its end", async () => {
    const watch = new SessionWatch();
    expect(await flushedIs(watch.confirm())).toBe(true);
    startWatch(fakeSession(), [], watch);
    watch.end();
    expect(await flushedIs(watch.confirm())).toBe(true);
  });

  it("is answered by the peer's next answer, not by one that it gave before", async () => {
    const session = fakeSession();
    const { watch } = startWatch(session);
    await pass(1_000);
    const answer = deferred<number>();
    session.answer = () => answer.promise;
    const isDone = isResolved(watch.confirm());
    await pass(100);
    expect([session.questions, isDone()]).toEqual([2, false]);
    answer.resolve(3);
    await flush();
    expect(isDone()).toBe(true);
  });

  it("is answered by the doubt when the peer says nothing, long before it would be asked again", async () => {
    const session = fakeSession();
    const { watch, told } = startWatch(session);
    await pass(1_000);
    session.answer = silence;
    const isDone = isResolved(watch.confirm());
    await pass(250);
    expect([isDone(), told]).toEqual([false, ["1 ms"]]);
    await pass(50);
    expect([isDone(), told]).toEqual([true, ["1 ms", "doubted"]]);
  });

  it("hurries a question that is open already, which is then doubted sooner", async () => {
    const session = fakeSession();
    session.answer = silence;
    const { watch, told } = startWatch(session);
    await pass(100);
    const isDone = isResolved(watch.confirm());
    await pass(200);
    expect([isDone(), told, session.questions]).toEqual([true, ["doubted"], 1]);
  });

  it("is answered by the session's end, whoever ends it, and by the next one's beginning", async () => {
    for (const end of [
      (session: FakeSession) => session.end(),
      (_session: FakeSession, watch: SessionWatch) => watch.end(),
      (_session: FakeSession, watch: SessionWatch) => void startWatch(fakeSession(), [], watch),
    ]) {
      const session = fakeSession();
      session.answer = silence;
      const { watch } = startWatch(session);
      await flush();
      const isDone = isResolved(watch.confirm());
      await flush();
      expect(isDone()).toBe(false);
      end(session, watch);
      await flush();
      expect(isDone()).toBe(true);
      watch.end();
    }
  });

  it("is answered for all who ask, with one question", async () => {
    const session = fakeSession();
    const { watch } = startWatch(session);
    await pass(1_000);
    const answer = deferred<number>();
    session.answer = () => answer.promise;
    const all = [watch.confirm(), watch.confirm(), watch.confirm()].map(isResolved);
    await flush();
    answer.resolve(3);
    await flush();
    expect(all.map((isDone) => isDone())).toEqual([true, true, true]);
    expect(session.questions).toBe(2);
  });
});

async function flushed<T>(watched: T): Promise<T> {
  await flush();
  return watched;
}

async function flushedIs(promise: Promise<void>): Promise<boolean> {
  const isDone = isResolved(promise);
  await flush();
  return isDone();
}
