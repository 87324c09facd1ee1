import { describe, expect, it } from "vitest";
import { parseSince } from "../../../src/cli/since.js";

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);

describe("--since", () => {
  it.each([
    ["0s", nowMs],
    ["90s", nowMs - 90_000],
    ["10m", nowMs - 600_000],
    ["2h", nowMs - 7_200_000],
    ["7d", nowMs - 7 * 86_400_000],
    ["1w", nowMs - 7 * 86_400_000],
    ["2026-01-01", Date.UTC(2026, 0, 1)],
    ["2026-01-01T08:00:00.5Z", Date.UTC(2026, 0, 1, 8, 0, 0, 500)],
  ])("takes %s", (text, sinceMs) => {
    expect(parseSince(text, nowMs)).toBe(sinceMs);
  });

  it.each(["", "10", "m", "-5m", "10 m", "10y", "yesterday", "2026-13-01", "1e3s"])("refuses %j, and says what it takes", (text) => {
    expect(() => parseSince(text, nowMs)).toThrow(expect.objectContaining({ code: "usage", message: expect.stringContaining("10m") }));
  });
});
