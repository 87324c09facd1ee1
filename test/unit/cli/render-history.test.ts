import { describe, expect, it } from "vitest";
import type { HistoryReport, TunnelHistory } from "../../../src/api/history.js";
import { plainStyle, type Style } from "../../../src/cli/output.js";
import { renderHistory, renderTunnelHistory } from "../../../src/cli/render-history.js";

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
const outage = {
  startedAt: "2026-01-02T03:00:00.123Z",
  endedAt: "2026-01-02T03:00:00.935Z",
  durationMs: 812,
  cause: "peer-silent",
  noticedBy: "keepalive",
} as const;
const steady: TunnelHistory = {
  name: "db",
  uptime: { day: 1, week: 0.99987, month: 0.999_999_9 },
  wantedMs: { day: 1, week: 1, month: 1 },
  outageCount: { day: 0, week: 1, month: 2 },
  meanTimeToRecoverMs: 1_500,
  openOutage: null,
  outages: [outage],
};
const lines = (changes: Partial<TunnelHistory> = {}, style = plainStyle) => renderTunnelHistory({ ...steady, ...changes }, nowMs, style);

describe("a tunnel's history as a person reads it", () => {
  it("is its uptimes, what its outages came to, and the last of them", () => {
    expect(lines()).toEqual([
      "db  up 100 % of the last day, 99.98 % of the week, 99.99 % of the month",
      "  2 outages in the month, back after 1 s on average",
      "  2026-01-02T03:00:00Z  812 ms  peer-silent, seen as a keepalive stayed unanswered",
    ]);
  });

  it("says so when there was no outage, and how one differs from two", () => {
    expect(lines({ outageCount: { day: 0, week: 0, month: 0 }, outages: [] })[1]).toBe("  no outage in the month");
    expect(lines({ outageCount: { day: 1, week: 1, month: 1 } })[1]).toMatch(/^ {2}1 outage in the month, /);
  });

  it("tells no share of a time in which the tunnel was not wanted", () => {
    expect(lines({ uptime: { day: null, week: 0.5, month: 0.5 } })[0]).toBe("db  up 50.00 % of the week, 50.00 % of the month");
    const never = { uptime: { day: null, week: null, month: null }, outages: [] };
    expect(lines(never)).toEqual(["db  not wanted in the last month"]);
  });

  it("begins with the outage that goes on", () => {
    const openOutage = { startedAt: "2026-01-02T03:02:05.000Z", cause: "daemon-died", noticedBy: "daemon-start" } as const;
    expect(lines({ openOutage })[2]).toBe("  2026-01-02T03:02:05Z  goes on for 2 min  daemon-died, seen as the daemon started again");
    expect(lines({ openOutage, meanTimeToRecoverMs: null, outageCount: { day: 1, week: 1, month: 1 }, outages: [] })[1]).toBe(
      "  1 outage in the month",
    );
  });

  it("shows what someone wrote into the file, and lets none of it draw on the terminal", () => {
    const cause = "\u001b[2J\nforged";
    const openOutage = { startedAt: "2026-01-02T03:02:05.000Z", cause, noticedBy: "socket" } as const;
    const text = lines({ name: "d\u202eb", openOutage, outages: [{ ...outage, cause }] });
    expect(text).toHaveLength(4);
    expect(text[0]).toMatch(/^d\\u\{202e\}b {2}up /);
    for (const line of text.slice(2)) expect(line).toContain("\\u{1b}[2J\\u{a}forged, seen as");
    expect(lines({ name: "\u001b", uptime: { day: null, week: null, month: null } })[0]).toBe("\\u{1b}  not wanted in the last month");
  });

  it("calls nothing 100 % that was ever down", () => {
    expect(lines({ uptime: { day: 1 - Number.EPSILON, week: 1, month: 1 } })[0]).toContain("up 99.99 % of the last day");
  });
});

describe("the whole history", () => {
  const report: HistoryReport = { apiVersion: 1, since: "2026-01-01T00:00:00.000Z", tunnels: [steady], sleeps: [] };

  it("says since when anything is known", () => {
    expect(renderHistory(report, nowMs, plainStyle).split("\n").at(-1)).toBe("recorded since 2026-01-01T00:00:00Z");
  });

  it("says what to do when there is nothing", () => {
    const text = renderHistory({ ...report, since: null, tunnels: [] }, nowMs, plainStyle);
    expect(text).toBe("nothing recorded yet; open a tunnel with: clawtunnel up user@host");
  });

  it("makes the same sense without colour", () => {
    const dye = (text: string) => `\u001b[1m${text}\u001b[0m`;
    const colourful: Style = { good: dye, bad: dye, soft: dye, strong: dye };
    const text = renderHistory(report, nowMs, colourful);
    expect(text).toContain("\u001b");
    expect(text.replaceAll("\u001b[1m", "").replaceAll("\u001b[0m", "")).toBe(renderHistory(report, nowMs, plainStyle));
  });
});
