import { describe, expect, it } from "vitest";
import { describeMoment } from "../../../src/cli/wall-time.js";

/** On the clocks of the machine that runs the test. */
const local = (day: number, hours: number, minutes = 0) => new Date(2026, 0, day, hours, minutes).getTime();
const iso = (ms: number) => new Date(ms).toISOString();
const nowMs = local(15, 21);

describe("a moment to come", () => {
  it.each([
    ["08:00 (in 11 h)", local(16, 8)],
    ["21:05 (in 5 min)", local(15, 21, 5)],
    ["20:59 (in 23 h 59 min)", local(16, 20, 59)],
    ["2026-01-16 21:00 (in 1 d)", local(16, 21)],
    ["2026-01-19 08:00 (in 3 d 11 h)", local(19, 8)],
    ["20:00 (in 0 ms)", local(15, 20)],
  ])("is %s", (text, atMs) => {
    expect(describeMoment(iso(atMs), nowMs)).toBe(text);
  });
});
