import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { nudgeAcknowledgements } from "../../../../src/ssh/ssh2/nudge.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function watched(isWanted = true) {
  const socket = Object.assign(new EventEmitter(), { writable: true, bytesWritten: 0 });
  let nudges = 0;
  nudgeAcknowledgements(
    socket as unknown as Socket,
    () => isWanted,
    () => {
      nudges += 1;
    },
  );
  await vi.advanceTimersByTimeAsync(10);
  const before = nudges;
  return { socket, nudges: () => nudges - before };
}

it("nudges once after a small read that nothing of ours followed", async () => {
  const { socket, nudges } = await watched();
  socket.emit("data", Buffer.alloc(100));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(nudges()).toBe(1);
});

it("does not nudge when our own bytes carried the acknowledgement", async () => {
  const { socket, nudges } = await watched();
  socket.emit("data", Buffer.alloc(100));
  socket.bytesWritten += 50;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(nudges()).toBe(0);
});

it("does not nudge in a bulk transfer", async () => {
  const { socket, nudges } = await watched();
  socket.emit("data", Buffer.alloc(65_536));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(nudges()).toBe(0);
});

it("does not nudge a session that carries no connection", async () => {
  const { socket, nudges } = await watched(false);
  socket.emit("data", Buffer.alloc(100));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(nudges()).toBe(0);
});

it("leaves no timer behind when the socket closes", async () => {
  const { socket } = await watched();
  socket.emit("data", Buffer.alloc(100));
  socket.emit("close");
  expect(vi.getTimerCount()).toBe(0);
});
