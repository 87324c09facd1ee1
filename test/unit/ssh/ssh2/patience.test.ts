import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Patience } from "../../../../src/ssh/ssh2/patience.js";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A wait that the test ends. */
function wait() {
  let end = () => {};
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { over, end };
}

describe("patience", () => {
  it("is over after its time", () => {
    const onOver = vi.fn();
    new Patience(1_000, onOver);
    vi.advanceTimersByTime(999);
    expect(onOver).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onOver).toHaveBeenCalledOnce();
  });

  it("does not count the time that a person takes, and goes on with what was left", async () => {
    const onOver = vi.fn();
    const patience = new Patience(1_000, onOver);
    vi.advanceTimersByTime(600);
    const person = wait();
    const asking = patience.without(() => person.over);
    vi.advanceTimersByTime(60_000);
    person.end();
    await asking;
    vi.advanceTimersByTime(399);
    expect(onOver).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onOver).toHaveBeenCalledOnce();
  });

  it("stands still as long as one of two is waited for, also when a wait fails", async () => {
    const onOver = vi.fn();
    const patience = new Patience(1_000, onOver);
    const [first, second] = [wait(), wait()];
    const failing = patience.without(() => first.over.then(() => Promise.reject(new Error("no"))));
    const other = patience.without(() => second.over);
    first.end();
    await expect(failing).rejects.toThrow("no");
    vi.advanceTimersByTime(60_000);
    expect(onOver).not.toHaveBeenCalled();
    second.end();
    await other;
    vi.advanceTimersByTime(1_000);
    expect(onOver).toHaveBeenCalledOnce();
  });

  it("never runs out once it was ended, whoever is still waited for", async () => {
    const onOver = vi.fn();
    const patience = new Patience(1_000, onOver);
    const person = wait();
    const asking = patience.without(() => person.over);
    patience.end();
    person.end();
    await asking;
    vi.advanceTimersByTime(60_000);
    expect(onOver).not.toHaveBeenCalled();
  });
});
