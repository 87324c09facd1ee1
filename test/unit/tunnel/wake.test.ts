import { expect, it } from "vitest";
import { type ClockReading, findGap } from "../../../src/tunnel/wake.js";

const start: ClockReading = { wallMs: 1_000_000, monotonicMs: 5_000, bootMs: 900_000 };

function after(wallMs: number, monotonicMs: number, bootMs: number) {
  return findGap(
    start,
    { wallMs: start.wallMs + wallMs, monotonicMs: start.monotonicMs + monotonicMs, bootMs: start.bootMs + bootMs },
    2_000,
  );
}

it.each([
  ["two seconds as expected", [2_000, 2_000, 2_000], undefined],
  ["a Linux machine that slept an hour", [3_602_000, 2_000, 3_602_000], { kind: "suspend", lengthMs: 3_600_000 }],
  ["a macOS or Windows machine that slept an hour", [3_602_000, 3_602_000, 3_602_000], { kind: "stall", lengthMs: 3_600_000 }],
  ["a process that was stopped for twenty seconds", [22_000, 22_000, 22_000], { kind: "stall", lengthMs: 20_000 }],
  ["an event loop that was busy for three seconds", [5_000, 5_000, 5_000], undefined],
  ["a wall clock set forward by an hour", [3_602_000, 2_000, 2_000], { kind: "clock-step", lengthMs: 3_600_000 }],
  ["a wall clock set back by an hour", [-3_598_000, 2_000, 2_000], { kind: "clock-step", lengthMs: -3_600_000 }],
  ["a wall clock that NTP slewed", [2_400, 2_000, 2_000], undefined],
  ["a sleep with a wall clock set meanwhile", [60_000, 2_000, 3_602_000], { kind: "suspend", lengthMs: 3_600_000 }],
] as const)("%s", (_what, [wallMs, monotonicMs, bootMs], gap) => {
  expect(after(wallMs, monotonicMs, bootMs)).toEqual(gap);
});
