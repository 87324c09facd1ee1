import { describe, expect, it } from "vitest";
import { type ClockReading, findGap, type Gap } from "../../../../src/daemon/wake/wake.js";

const start: ClockReading = { wallMs: 1_000_000, monotonicMs: 5_000, bootMs: 900_000 };

function after(wallMs: number, monotonicMs: number, bootMs: number) {
  return findGap(
    start,
    { wallMs: start.wallMs + wallMs, monotonicMs: start.monotonicMs + monotonicMs, bootMs: start.bootMs + bootMs },
    2_000,
  );
}

const hourMs = 3_600_000;
const suspend = (lengthMs: number): Gap => ({ kind: "suspend", lengthMs });
const stall = (lengthMs: number): Gap => ({ kind: "stall", lengthMs });
const step = (lengthMs: number): Gap => ({ kind: "clock-step", lengthMs });

/** How far each clock went between two beats that were to be two seconds apart. */
type Row = readonly [what: string, clocks: readonly [wallMs: number, monotonicMs: number, bootMs: number], gap: Gap | undefined];

describe.each<readonly [where: string, rows: readonly Row[]]>([
  [
    "an ordinary beat",
    [
      ["on time", [2_000, 2_000, 2_000], undefined],
      ["with a boot clock that knows only hundredths", [2_000, 2_009, 2_000], undefined],
      ["late by a second, at the lowest priority on a busy machine", [3_080, 3_080, 3_080], undefined],
      ["while NTP slews the wall clock", [2_400, 2_000, 2_000], undefined],
    ],
  ],
  [
    "Linux, where the monotonic clock stands still in a suspend",
    [
      ["an hour's suspend", [hourMs + 2_000, 2_000, hourMs + 2_000], suspend(hourMs)],
      ["a suspend in the middle of a beat", [hourMs + 2_000, 3_500, hourMs + 3_500], suspend(hourMs)],
      ["ten seconds", [12_000, 2_000, 12_000], suspend(10_000)],
      ["too short to matter", [11_990, 2_000, 11_990], undefined],
      ["with the wall clock set meanwhile", [60_000, 2_000, hourMs + 2_000], suspend(hourMs)],
      ["with the wall clock set back beyond its start", [-hourMs, 2_000, hourMs + 2_000], suspend(hourMs)],
    ],
  ],
  [
    "macOS and Windows, where it goes on",
    [
      ["an hour's sleep", [hourMs + 2_000, hourMs + 2_000, hourMs + 2_000], stall(hourMs)],
      ["a wake of the machine for its own ends, after a minute", [62_000, 62_000, 62_000], stall(60_000)],
      ["with the wall clock set on waking", [hourMs + 9_000, hourMs + 2_000, hourMs + 2_000], stall(hourMs)],
    ],
  ],
  [
    "a process that does not run while the machine does",
    [
      ["stopped by SIGSTOP for twenty seconds", [20_967, 20_967, 20_960], stall(18_967)],
      ["frozen with its container", [20_019, 20_020, 20_020], stall(18_020)],
      ["a loop blocked for fifteen seconds", [15_000, 15_000, 15_000], stall(13_000)],
      ["a loop blocked for three seconds", [5_000, 5_000, 5_000], undefined],
      ["stopped, and the wall clock set meanwhile", [hourMs, 22_000, 22_000], stall(20_000)],
    ],
  ],
  [
    "a wall clock that is set",
    [
      ["forward by an hour", [hourMs + 2_000, 2_000, 2_000], step(hourMs)],
      ["back by an hour", [2_000 - hourMs, 2_000, 2_000], step(-hourMs)],
      ["forward by NTP's step after a boot without a battery", [7_000, 2_000, 2_000], step(5_000)],
      ["back by as little", [-3_000, 2_000, 2_000], step(-5_000)],
      ["by less than a step", [6_999, 2_000, 2_000], undefined],
    ],
  ],
])("%s", (_where, rows) => {
  it.each(rows)("%s", (_what, [wallMs, monotonicMs, bootMs], gap) => {
    expect(after(wallMs, monotonicMs, bootMs)).toEqual(gap);
  });
});

it.each([
  ["begins", "2026-03-29T01:59:59+01:00", "2026-03-29T03:00:01+02:00"],
  ["ends", "2026-10-25T02:59:59+02:00", "2026-10-25T02:00:01+01:00"],
])("is no gap when daylight saving time %s: the wall clock knows no zones", (_what, before, now) => {
  expect(after(Date.parse(now) - Date.parse(before), 2_000, 2_000)).toBeUndefined();
});
