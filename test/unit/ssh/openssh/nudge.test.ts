import type { Socket } from "node:net";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { AcknowledgementNudge } from "../../../../src/ssh/openssh/nudge.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function watched() {
  let count = 0;
  const nudge = new AcknowledgementNudge(() => {
    count += 1;
  });
  await vi.advanceTimersByTimeAsync(10);
  const before = count;
  const socket = { bytesWritten: 0 };
  return { nudge, socket, read: (bytes: number) => nudge.onRead(socket as Socket, bytes), nudges: () => count - before };
}

it("nudges once after a small read that nothing of ours followed", async () => {
  const { read, nudges } = await watched();
  read(100);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(nudges()).toBe(1);
});

it("does not nudge when our own bytes carried the acknowledgement, or in a bulk transfer", async () => {
  const { socket, read, nudges } = await watched();
  read(100);
  socket.bytesWritten += 50;
  read(64 * 1024);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(nudges()).toBe(0);
});

it("nudges after an answer to a question, which nobody answers in turn", async () => {
  const { socket, read, nudges, nudge } = await watched();
  read(100);
  socket.bytesWritten += 50;
  nudge.onHeard();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(nudges()).toBe(1);
});

it("nudges ever more seldom while an answer is owed, and then leaves it to the kernel", async () => {
  const { nudge, nudges } = await watched();
  nudge.urge();
  await vi.advanceTimersByTimeAsync(3);
  expect(nudges()).toBe(2);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(nudges()).toBe(6);
});

it("is quiet when the last answer that was owed has come", async () => {
  const { nudge, nudges } = await watched();
  const [first, second] = [nudge.urge(), nudge.urge()];
  first();
  await vi.advanceTimersByTimeAsync(1);
  expect(nudges()).toBe(1);
  second();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(nudges()).toBe(1);
});

it("is quiet when the session is over", async () => {
  const { nudge, read, nudges } = await watched();
  read(100);
  nudge.urge();
  nudge.end();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(nudges()).toBe(0);
});
