import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LogInDeadline } from "../../../src/ssh/log-in-deadline.js";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("the deadline of a log-in", () => {
  it("is over after its time", () => {
    const onExpired = vi.fn();
    new LogInDeadline(1_000, onExpired);
    vi.advanceTimersByTime(999);
    expect(onExpired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onExpired).toHaveBeenCalledOnce();
  });

  it("does not count the time that a person takes, and goes on with what was left", () => {
    const onExpired = vi.fn();
    const deadline = new LogInDeadline(1_000, onExpired);
    vi.advanceTimersByTime(600);
    const resume = deadline.pause();
    vi.advanceTimersByTime(60_000);
    resume();
    vi.advanceTimersByTime(399);
    expect(onExpired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onExpired).toHaveBeenCalledOnce();
  });

  it("stands still as long as one of two is waited for, however often the other says that it is done", () => {
    const onExpired = vi.fn();
    const deadline = new LogInDeadline(1_000, onExpired);
    const [resumeFirst, resumeSecond] = [deadline.pause(), deadline.pause()];
    resumeFirst();
    resumeFirst();
    vi.advanceTimersByTime(60_000);
    expect(onExpired).not.toHaveBeenCalled();
    resumeSecond();
    vi.advanceTimersByTime(1_000);
    expect(onExpired).toHaveBeenCalledOnce();
  });

  it("never runs out once it was ended, whoever is still waited for", () => {
    const onExpired = vi.fn();
    const deadline = new LogInDeadline(1_000, onExpired);
    const resume = deadline.pause();
    deadline.end();
    resume();
    vi.advanceTimersByTime(60_000);
    expect(onExpired).not.toHaveBeenCalled();
  });
});
