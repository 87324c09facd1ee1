import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TunnelHistory } from "../../../../src/api/history.js";
import { replay } from "../../../../src/daemon/history/replay.js";
import { measure, summarize } from "../../../../src/daemon/history/summary.js";
import { day, HistoryScript, hour, iso, midnight, minute, scripts, second } from "../../fixtures/history-script.js";

interface Moment {
  readonly diedAtMs?: number;
  readonly outagesMax?: number;
}

function historyOf(script: HistoryScript, tunnel = "a", { diedAtMs, outagesMax = 10 }: Moment = {}): TunnelHistory | undefined {
  const context = { nowMs: script.nowMs, diedAtMs: diedAtMs ?? null, outagesMax };
  return summarize(script.records, context).find(({ name }) => name === tunnel);
}

const begin = () => new HistoryScript().daemonStarts().start("a").open("a");

describe("an uptime", () => {
  it("is one for a tunnel that was never down", () => {
    expect(historyOf(begin().after(3 * day))).toMatchObject({
      uptime: { day: 1, week: 1, month: 1 },
      wantedMs: { day, week: 3 * day, month: 3 * day },
      outageCount: { day: 0, week: 0, month: 0 },
      meanTimeToRecoverMs: null,
      openOutage: null,
      outages: [],
    });
  });

  it("is nothing, and not zero, where the tunnel was not wanted", () => {
    const script = begin()
      .stop("a")
      .after(2 * day);
    expect(historyOf(script)?.uptime).toEqual({ day: null, week: null, month: null });
  });

  it("counts the time to the first session as down", () => {
    const script = new HistoryScript()
      .daemonStarts()
      .start("a")
      .after(hour)
      .open("a")
      .after(3 * hour);
    expect(historyOf(script)?.uptime.day).toBe(0.75);
  });

  it("counts an outage in the windows that it lies in, and its share of the wanted time", () => {
    const script = begin()
      .after(hour)
      .lose("a")
      .after(hour)
      .retry("a")
      .open("a")
      .after(5 * day - 2 * hour);
    expect(historyOf(script)).toMatchObject({
      uptime: { day: 1, week: 1 - 1 / 120, month: 1 - 1 / 120 },
      outageCount: { day: 0, week: 1, month: 1 },
      meanTimeToRecoverMs: hour,
      outages: [{ startedAt: iso(midnight + hour), endedAt: iso(midnight + 2 * hour), durationMs: hour }],
    });
  });

  it("does not count the time that a tunnel was taken down for", () => {
    const script = begin()
      .after(hour)
      .stop("a")
      .after(10 * hour)
      .start("a")
      .open("a")
      .after(hour);
    expect(historyOf(script)).toMatchObject({ uptime: { day: 1 }, wantedMs: { day: 2 * hour } });
  });

  it("does not count the time between a daemon that was asked to end and the next", () => {
    const script = begin()
      .after(hour)
      .daemonStops()
      .after(10 * hour)
      .daemonStarts(midnight + hour);
    expect(historyOf(script.start("a").open("a").after(hour))).toMatchObject({ uptime: { day: 1 }, wantedMs: { day: 2 * hour } });
  });

  it("does not count a sleep of the machine", () => {
    expect(
      historyOf(
        begin()
          .after(hour)
          .sleeps(8 * hour)
          .after(hour),
      ),
    ).toMatchObject({ uptime: { day: 1 }, wantedMs: { day: 2 * hour } });
  });

  it("counts a restart that was asked for as down for as long as it took, and as no outage", () => {
    const script = begin()
      .after(hour)
      .restart("a")
      .after(hour)
      .open("a")
      .after(2 * hour);
    expect(historyOf(script)).toMatchObject({ uptime: { day: 0.75 }, outageCount: { day: 0 } });
  });
});

describe("an outage that goes on", () => {
  it("is down until now, is counted, and has no length yet", () => {
    expect(historyOf(begin().after(hour).lose("a").after(hour))).toMatchObject({
      uptime: { day: 0.5 },
      outageCount: { day: 1, week: 1, month: 1 },
      meanTimeToRecoverMs: null,
      openOutage: { startedAt: iso(midnight + hour), cause: "peer-silent", noticedBy: "keepalive" },
      outages: [],
    });
  });

  it("is over, and none, when the tunnel is stopped", () => {
    expect(historyOf(begin().lose("a").after(hour).stop("a"))).toMatchObject({ openOutage: null, outageCount: { day: 0 } });
  });

  it("keeps its first cause while it is tried again", () => {
    const script = begin().after(hour).lose("a").retry("a").after(minute).fail("a").after(minute);
    expect(historyOf(script)?.openOutage).toMatchObject({ startedAt: iso(midnight + hour), cause: "peer-silent" });
  });
});

describe("a daemon that died", () => {
  it("is an outage from its last sign of life to the first session of the next one", () => {
    const script = begin()
      .after(2 * hour)
      .daemonDies(hour)
      .after(hour)
      .open("a");
    expect(historyOf(script)).toMatchObject({ uptime: { day: 0.5 }, wantedMs: { day: 4 * hour }, outageCount: { day: 1 } });
    expect(historyOf(script)?.outages).toMatchObject([{ startedAt: iso(midnight + 2 * hour), durationMs: 2 * hour }]);
  });

  it("leaves an outage that it had begun open, from its own beginning", () => {
    const script = begin().after(hour).lose("a").after(hour).daemonDies(hour);
    expect(historyOf(script)?.openOutage).toMatchObject({ startedAt: iso(midnight + hour), cause: "peer-silent" });
    expect(historyOf(script.after(hour).open("a"))?.outages).toMatchObject([{ durationMs: 3 * hour }]);
  });

  it("and has no successor yet is down until now", () => {
    const script = begin().after(hour);
    const diedAtMs = script.nowMs;
    expect(historyOf(script.after(hour), "a", { diedAtMs })).toMatchObject({
      uptime: { day: 0.5 },
      openOutage: { startedAt: iso(diedAtMs), cause: "daemon-died", noticedBy: "daemon-start" },
    });
  });

  it("is none when it was asked to end, however long ago that is", () => {
    const script = begin().after(hour).daemonStops();
    const diedAtMs = script.nowMs;
    expect(historyOf(script.after(hour), "a", { diedAtMs })).toMatchObject({ uptime: { day: 1 }, openOutage: null });
  });

  it("does not make a tunnel down for ever that nobody wants any more", () => {
    const script = begin()
      .after(hour)
      .daemonDies(hour, ["a"])
      .after(5 * hour);
    expect(historyOf(script)).toMatchObject({ uptime: { day: 1 }, wantedMs: { day: hour }, openOutage: null });
  });
});

describe("the list of outages", () => {
  const flapping = () => {
    const script = begin();
    for (let count = 1; count <= 5; count += 1)
      script
        .after(hour)
        .lose("a")
        .after(count * second)
        .retry("a")
        .open("a");
    return script;
  };

  it("has the newest first, and as many as are asked for", () => {
    expect(historyOf(flapping(), "a", { outagesMax: 2 })?.outages.map(({ durationMs }) => durationMs)).toEqual([5 * second, 4 * second]);
    expect(historyOf(flapping(), "a", { outagesMax: 0 })?.outages).toEqual([]);
  });

  it("does not change the count or the mean by being short", () => {
    expect(historyOf(flapping(), "a", { outagesMax: 1 })).toMatchObject({ outageCount: { day: 5 }, meanTimeToRecoverMs: 3 * second });
  });
});

describe("a clock that was set back", () => {
  it("makes no time count twice, and none less than nothing", () => {
    const script = begin()
      .after(10 * hour)
      .lose("a")
      .after(-5 * hour)
      .retry("a")
      .after(hour)
      .open("a")
      .after(4 * hour);
    const summary = historyOf(script);
    expect(summary?.wantedMs.day).toBe(10 * hour);
    expect(summary?.uptime.day).toBeCloseTo(0.9);
    expect(summary?.outages).toMatchObject([{ durationMs: 0 }]);
  });
});

describe("whatever happens", () => {
  it("no share is below nothing or above all, and no time is wanted that is longer than its window", () => {
    fc.assert(
      fc.property(scripts(-2 * hour), fc.option(fc.integer({ min: 0, max: 2 * hour }), { nil: undefined }), (script, agoMs) => {
        const diedAtMs = agoMs === undefined ? null : script.nowMs - agoMs;
        for (const { uptime, wantedMs, outageCount } of summarize(script.records, { nowMs: script.nowMs, diedAtMs, outagesMax: 9 })) {
          for (const share of Object.values(uptime)) expect(share ?? 0.5).toSatisfy((value: number) => value >= 0 && value <= 1);
          expect(wantedMs.day).toBeLessThanOrEqual(day);
          expect(wantedMs.week).toBeGreaterThanOrEqual(wantedMs.day);
          expect(outageCount.week).toBeGreaterThanOrEqual(outageCount.day);
        }
      }),
    );
  });

  it("two windows side by side hold what the two together hold", () => {
    fc.assert(
      fc.property(scripts(-hour), fc.nat(5 * day), fc.nat(5 * day), fc.nat(5 * day), (script, ...lengths) => {
        const [a, b, c] = lengths.map((length) => midnight + length).sort((x, y) => x - y) as [number, number, number];
        const stories = replay(script.records, script.nowMs, null);
        for (const story of stories.tunnels.values()) {
          const read = measure(story, stories.away);
          const [left, right, whole] = [read({ fromMs: a, toMs: b }), read({ fromMs: b, toMs: c }), read({ fromMs: a, toMs: c })];
          expect(left.upMs + right.upMs).toBe(whole.upMs);
          expect(left.wantedMs + right.wantedMs).toBe(whole.wantedMs);
        }
      }),
    );
  });
});
