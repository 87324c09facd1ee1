import { describe, expect, it } from "vitest";
import { describeDuration } from "../../../src/cli/duration.js";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

describe("a length of time for people", () => {
  it.each([
    [0, "0 ms"],
    [-5_000, "0 ms"],
    [450, "450 ms"],
    [999, "999 ms"],
    [second, "1 s"],
    [12_999, "12 s"],
    [minute - 1, "59 s"],
    [minute, "1 min"],
    [minute + 30 * second, "1 min 30 s"],
    [hour - second, "59 min 59 s"],
    [hour, "1 h"],
    [hour + 59 * second, "1 h"],
    [2 * hour + 5 * minute, "2 h 5 min"],
    [day, "1 d"],
    [3 * day + 4 * hour + 59 * minute, "3 d 4 h"],
    [400 * day, "400 d"],
  ])("%d ms is %s", (lengthMs, text) => {
    expect(describeDuration(lengthMs)).toBe(text);
  });
});
