import { expect, it } from "vitest";
import { askAgainDelayMs } from "../../../../src/forward/remote/ask-again.js";

it("asks a server that refused every two seconds for a minute, then ever less, but never less than every half minute", () => {
  const delays = Array.from({ length: 60 }, (_, index) => askAgainDelayMs(index + 1));
  const eager = delays.filter((delayMs) => delayMs === 2_000);
  expect(eager.length * 2_000).toBe(60_000);
  expect(delays.slice(eager.length, eager.length + 5)).toEqual([4_000, 8_000, 16_000, 30_000, 30_000]);
  expect(Math.max(...delays)).toBe(30_000);
  expect(askAgainDelayMs(100_000)).toBe(30_000);
});
