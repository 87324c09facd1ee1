import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import { TurnedAway, WaitingRoom } from "../../../src/forward/waiting-room.js";
import { fakeSession } from "../fixtures/fake-session.js";

const limits = { waitMs: 20_000, guestsMax: 3 };
const held = new Failure("auth-rejected", "the server refused the key");

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Guests who come one after another, and what each was told, in the order it was told. */
function visit(room: WaitingRoom) {
  const told: string[] = [];
  const enter = (name: string) => {
    const life = new AbortController();
    room.enter(life.signal).then(
      () => told.push(`${name} was served`),
      (error: unknown) => told.push(`${name}: ${error instanceof Failure ? error.code : "left"}`),
    );
    return life;
  };
  return { told, enter };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("the waiting room", () => {
  it("serves those who wait in the order they came, by the session that stands", async () => {
    const room = new WaitingRoom(limits);
    const { told, enter } = visit(room);
    for (const name of ["first", "second", "third"]) enter(name);
    await pass(10);
    expect(told).toEqual([]);
    room.open(fakeSession());
    await pass(0);
    expect(told).toEqual(["first was served", "second was served", "third was served"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("serves at once who comes while a session stands", async () => {
    const room = new WaitingRoom(limits);
    const session = fakeSession();
    room.open(session);
    expect(await room.enter(new AbortController().signal)).toBe(session);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("hands out the newest session, never the one before", async () => {
    const room = new WaitingRoom(limits);
    const session = fakeSession();
    room.open(fakeSession());
    room.wait();
    const entering = room.enter(new AbortController().signal);
    room.open(session);
    expect(await entering).toBe(session);
  });

  it("gives nobody a session that is gone: who comes then waits for the next", async () => {
    const room = new WaitingRoom(limits);
    const { told, enter } = visit(room);
    const session = fakeSession();
    room.open(session);
    session.end();
    await session.ended;
    enter("patient");
    await pass(100);
    expect(told).toEqual([]);
    room.open(fakeSession());
    await pass(0);
    expect(told).toEqual(["patient was served"]);
  });

  it("does not lose the session that stands when it hears of the end of the one before, nor open when it was shut", async () => {
    const room = new WaitingRoom(limits);
    const [before, now] = [fakeSession(), fakeSession()];
    room.open(before);
    room.open(now);
    before.end();
    await before.ended;
    expect(await room.enter(new AbortController().signal)).toBe(now);
    room.shut(held);
    now.end();
    await now.ended;
    await expect(room.enter(new AbortController().signal)).rejects.toMatchObject({ code: held.code, why: "shut" });
  });

  it("lets nobody wait longer than it promises", async () => {
    const { told, enter } = visit(new WaitingRoom(limits));
    enter("early");
    await pass(limits.waitMs - 1);
    enter("late");
    expect(told).toEqual([]);
    await pass(1);
    expect(told).toEqual(["early: session-gone"]);
    await pass(limits.waitMs - 1);
    expect(told).toEqual(["early: session-gone", "late: session-gone"]);
  });

  it("turns away who comes when it is full, and keeps those inside", async () => {
    const room = new WaitingRoom(limits);
    const { told, enter } = visit(room);
    for (const name of ["1", "2", "3", "4"]) enter(name);
    await pass(0);
    expect(told).toEqual(["4: session-gone"]);
    room.open(fakeSession());
    await pass(0);
    expect(told).toEqual(["4: session-gone", "1 was served", "2 was served", "3 was served"]);
  });

  it("gives the place of one who left, or waited too long, to the next", async () => {
    const room = new WaitingRoom({ ...limits, guestsMax: 1 });
    const { told, enter } = visit(room);
    const gone = enter("gone");
    gone.abort();
    await pass(0);
    enter("patient");
    await pass(limits.waitMs);
    enter("last");
    room.open(fakeSession());
    await pass(0);
    expect(told).toEqual(["gone: left", "patient: session-gone", "last was served"]);
  });

  it("is empty once it has served everyone, also in the same turn", async () => {
    const room = new WaitingRoom({ ...limits, guestsMax: 1 });
    const { told, enter } = visit(room);
    enter("first");
    room.open(fakeSession());
    room.wait();
    enter("second");
    room.open(fakeSession());
    await pass(0);
    expect(told).toEqual(["first was served", "second was served"]);
  });

  it("forgets who left, with the timer and the listener", async () => {
    const room = new WaitingRoom(limits);
    const life = new AbortController();
    const entering = room.enter(life.signal);
    life.abort(new Error("the client hung up"));
    await expect(entering).rejects.toThrow("the client hung up");
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(life.signal, "abort")).toEqual([]);
  });

  it("does not let in who has left already", async () => {
    const room = new WaitingRoom({ ...limits, guestsMax: 1 });
    await expect(room.enter(AbortSignal.abort(new Error("gone before")))).rejects.toThrow("gone before");
    const { told, enter } = visit(room);
    enter("next");
    room.open(fakeSession());
    await pass(0);
    expect(told).toEqual(["next was served"]);
  });

  it("tells the reason to all inside, and at once to all who come, when there is nothing to wait for", async () => {
    const room = new WaitingRoom(limits);
    const { told, enter } = visit(room);
    enter("inside");
    room.shut(held);
    enter("outside");
    await pass(0);
    expect([...told].sort()).toEqual(["inside: auth-rejected", "outside: auth-rejected"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("opens again after it was shut", async () => {
    const room = new WaitingRoom(limits);
    const { told, enter } = visit(room);
    room.shut(held);
    room.wait();
    enter("patient");
    await pass(100);
    expect(told).toEqual([]);
    room.open(fakeSession());
    await pass(0);
    expect(told).toEqual(["patient was served"]);
  });

  it("says which of its own reasons it was, so that nobody takes it for the service's", async () => {
    const room = new WaitingRoom({ ...limits, guestsMax: 1 });
    const reasons: string[] = [];
    const enter = () => {
      void room
        .enter(new AbortController().signal)
        .catch((error: unknown) => reasons.push(error instanceof TurnedAway ? error.why : "other"));
    };
    enter();
    enter();
    await pass(limits.waitMs);
    enter();
    room.shut(held);
    enter();
    await pass(0);
    expect(reasons).toEqual(["full", "too-long", "shut", "shut"]);
  });

  it("lets nobody wait at all when it has no place", async () => {
    const { told, enter } = visit(new WaitingRoom({ ...limits, guestsMax: 0 }));
    enter("anyone");
    await pass(0);
    expect(told).toEqual(["anyone: session-gone"]);
  });
});
