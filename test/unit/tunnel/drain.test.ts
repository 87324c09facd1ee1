import { describe, expect, it, vi } from "vitest";
import { Drains, drain, drainMaxMs } from "../../../src/tunnel/drain.js";
import { type FakeSession, fakeSession } from "../fixtures/fake-session.js";
import { useFakeTime } from "../fixtures/fake-time.js";

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

function startDrain(openChannels: number) {
  const session: FakeSession = fakeSession();
  session.openChannels = openChannels;
  const life = new AbortController();
  const done = drain(session, life.signal);
  return { session, done, end: () => life.abort() };
}

describe("a session that was replaced", () => {
  useFakeTime();

  it("is closed in the same turn when nothing goes through it", () => {
    expect(startDrain(0).session.isClosed).toBe(true);
  });

  it("goes on for as long as one connection does, and is closed soon after the last", async () => {
    const { session, done } = startDrain(2);
    await pass(20_000);
    session.openChannels = 1;
    await pass(20_000);
    expect(session.isClosed).toBe(false);
    session.openChannels = 0;
    await pass(200);
    expect(session.isClosed).toBe(true);
    await done;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is closed after a minute, whoever still uses it", async () => {
    const { session } = startDrain(1);
    await pass(drainMaxMs - 1);
    expect(session.isClosed).toBe(false);
    await pass(1);
    expect(session.isClosed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is closed at once when its tunnel is stopped, and leaves no timer", async () => {
    const { session, done, end } = startDrain(1);
    await pass(1_000);
    end();
    await done;
    expect(session.isClosed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is not waited for when it has ended by itself", async () => {
    const session = fakeSession();
    session.openChannels = 1;
    new Drains().add(session, Promise.resolve());
    session.end();
    await pass(0);
    expect(session.isClosed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("makes room for the newest when there are too many, and all end with their tunnel", async () => {
    const drains = new Drains();
    const sessions = Array.from({ length: 9 }, () => {
      const session = fakeSession();
      session.openChannels = 1;
      drains.add(session, Promise.resolve());
      return session;
    });
    await pass(0);
    expect(sessions.map(({ isClosed }) => isClosed)).toEqual([true, ...Array(8).fill(false)]);
    drains.end();
    await pass(0);
    expect(sessions.every(({ isClosed }) => isClosed)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});
