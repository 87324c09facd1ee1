import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { onAbort, sleep, withDeadline } from "../../../src/base/abort.js";
import { useFakeTime } from "../fixtures/fake-time.js";

const tooLate = () => new Error("too late");
const forever = () => new Promise<never>(() => {});
const settled = <T>(promise: Promise<T>): Promise<T | Error> => promise.catch((error: Error) => error);

describe("sleep", () => {
  useFakeTime();

  it("says that the whole time has passed", async () => {
    const slept = sleep(1_000, new AbortController().signal);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await slept).toBe(true);
  });

  it("ends early, without an error and without a timer, when the signal aborts", async () => {
    const life = new AbortController();
    const slept = sleep(1_000, life.signal);
    life.abort();
    expect(await slept).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not begin when the signal has aborted already", async () => {
    expect(await sleep(1_000, AbortSignal.abort())).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("withDeadline", () => {
  useFakeTime();

  it("gives the work's answer, and leaves no timer and no listener behind", async () => {
    const life = new AbortController();
    expect(await withDeadline(1_000, life.signal, tooLate, async () => "done")).toBe("done");
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(life.signal, "abort")).toEqual([]);
  });

  it("passes on the work's own failure", async () => {
    const failed = withDeadline(1_000, new AbortController().signal, tooLate, () => Promise.reject(new Error("mine")));
    await expect(failed).rejects.toThrow("mine");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("fails with the deadline's error when the time is over, and tells the work", async () => {
    let seen: AbortSignal | undefined;
    const late = settled(
      withDeadline(1_000, new AbortController().signal, tooLate, (signal) => {
        seen = signal;
        return forever();
      }),
    );
    await vi.advanceTimersByTimeAsync(999);
    expect(seen?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await late).toMatchObject({ message: "too late" });
    expect(seen?.aborted).toBe(true);
  });

  it("fails with the parent's reason when the parent aborts first", async () => {
    const life = new AbortController();
    const late = settled(withDeadline(1_000, life.signal, tooLate, forever));
    life.abort(new Error("stopped"));
    expect(await late).toMatchObject({ message: "stopped" });
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(life.signal, "abort")).toEqual([]);
  });

  it("fails at once when the parent has aborted already", async () => {
    const failed = withDeadline(1_000, AbortSignal.abort(new Error("stopped before")), tooLate, forever);
    await expect(failed).rejects.toThrow("stopped before");
  });

  it("tells the work to clean up also when it has won", async () => {
    let seen: AbortSignal | undefined;
    await withDeadline(1_000, new AbortController().signal, tooLate, async (signal) => {
      seen = signal;
    });
    expect(seen?.aborted).toBe(true);
  });
});

describe("onAbort", () => {
  it("acts when the signal aborts, once", () => {
    const life = new AbortController();
    const action = vi.fn();
    onAbort(life.signal, action);
    expect(action).not.toHaveBeenCalled();
    life.abort();
    life.abort();
    expect(action).toHaveBeenCalledTimes(1);
  });

  it("acts when the signal has aborted already, once it can be taken back", async () => {
    const taken: (() => void)[] = [];
    const forget = onAbort(AbortSignal.abort(), () => taken.push(forget));
    expect(taken).toEqual([]);
    await Promise.resolve();
    expect(taken).toEqual([forget]);
  });

  it("does not act on a signal that has aborted already when it was taken back", async () => {
    const action = vi.fn();
    onAbort(AbortSignal.abort(), action)();
    await Promise.resolve();
    expect(action).not.toHaveBeenCalled();
  });

  it("does not act when it was taken back", () => {
    const life = new AbortController();
    const action = vi.fn();
    onAbort(life.signal, action)();
    life.abort();
    expect(action).not.toHaveBeenCalled();
    expect(getEventListeners(life.signal, "abort")).toEqual([]);
  });
});
