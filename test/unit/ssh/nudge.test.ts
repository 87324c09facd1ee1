import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { AcknowledgementNudge } from "../../../src/ssh/nudge.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function watch() {
  const send = vi.fn();
  const nudge = new AcknowledgementNudge(send);
  await vi.advanceTimersByTimeAsync(10);
  return { stream: { bytesWritten: 0 }, nudge, send };
}

it("nudges once after a small read that nothing of ours followed, and not before one", async () => {
  const { stream, nudge, send } = await watch();
  expect(send).not.toHaveBeenCalled();
  nudge.onRead(stream, 100);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(send).toHaveBeenCalledOnce();
});

it("does not nudge when our own bytes carried the acknowledgement", async () => {
  const { stream, nudge, send } = await watch();
  nudge.onRead(stream, 100);
  stream.bytesWritten += 50;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(send).not.toHaveBeenCalled();
});

it("does not nudge in a bulk transfer", async () => {
  const { stream, nudge, send } = await watch();
  nudge.onRead(stream, 65_536);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(send).not.toHaveBeenCalled();
});

it("leaves no timer behind when it ends", async () => {
  const { stream, nudge } = await watch();
  nudge.onRead(stream, 100);
  nudge.end();
  expect(vi.getTimerCount()).toBe(0);
});
