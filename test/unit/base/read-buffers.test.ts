import { expect, it } from "vitest";
import { giveBackRead, giveBackUnread, lendRead, takeReadBuffer } from "../../../src/base/read-buffers.js";

/** All that lie ready, taken away. */
function takeAll(): Set<Buffer> {
  const taken = new Set<Buffer>();
  for (let count = 0; count < 50; count += 1) taken.add(takeReadBuffer());
  return taken;
}

it("uses a buffer again that its reader has given back", () => {
  const buffer = takeReadBuffer();
  giveBackRead(lendRead(buffer, 10));
  expect(takeAll().has(buffer)).toBe(true);
});

it("does not use a buffer again that nobody has given back, or of which somebody may hold another part", () => {
  const [kept, cut] = [takeReadBuffer(), takeReadBuffer()];
  lendRead(kept, 10);
  giveBackRead(lendRead(cut, 10).subarray(0, 5));
  const taken = takeAll();
  expect([taken.has(kept), taken.has(cut)]).toEqual([false, false]);
});

it("never gives one buffer to two, however often it is given back", () => {
  takeAll();
  const chunk = lendRead(takeReadBuffer(), 10);
  giveBackRead(chunk);
  giveBackRead(chunk);
  const [first, second] = [takeReadBuffer(), takeReadBuffer()];
  expect(first === second).toBe(false);
});

it("does not read into what it has not lent, and does not keep more than a few", () => {
  takeAll();
  const own = Buffer.alloc(10);
  giveBackRead(own);
  expect(takeAll().has(own)).toBe(false);
  const many = Array.from({ length: 40 }, takeReadBuffer);
  many.forEach(giveBackUnread);
  const taken = takeAll();
  expect(many.filter((buffer) => taken.has(buffer)).length).toBeLessThan(10);
});
