import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { AnswerUrge } from "../../../../src/ssh/openssh/urge.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watch() {
  const send = vi.fn();
  return { urge: new AnswerUrge(send), send };
}

it("nudges ever more seldom while an answer is owed, and then leaves it to the kernel", async () => {
  const { urge, send } = watch();
  urge.begin();
  await vi.advanceTimersByTimeAsync(3);
  expect(send).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(send).toHaveBeenCalledTimes(6);
});

it("is quiet when the last answer that was owed has come", async () => {
  const { urge, send } = watch();
  const [first, second] = [urge.begin(), urge.begin()];
  first();
  await vi.advanceTimersByTimeAsync(1);
  expect(send).toHaveBeenCalledOnce();
  second();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(send).toHaveBeenCalledOnce();
});

it("is quiet when the session is over", async () => {
  const { urge, send } = watch();
  urge.begin();
  urge.end();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(send).not.toHaveBeenCalled();
});
