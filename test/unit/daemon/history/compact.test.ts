import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkpointOf } from "../../../../src/daemon/history/checkpoint.js";
import { encodeRecord } from "../../../../src/daemon/history/codec.js";
import { compact, keepLast } from "../../../../src/daemon/history/compact.js";
import { summarize } from "../../../../src/daemon/history/summary.js";
import { HistoryScript, hour, minute, scripts } from "../../fixtures/history-script.js";

const begin = () => new HistoryScript().daemonStarts().start("a").open("a");

describe("thinning the history out", () => {
  it("changes nothing that the summary tells", () => {
    fc.assert(
      fc.property(scripts(), (script) => {
        const context = { nowMs: script.nowMs, diedAtMs: null, outagesMax: 1_000 };
        expect(summarize(compact(script.records), context)).toEqual(summarize(script.records, context));
      }),
      { numRuns: 500 },
    );
  });

  it("keeps the order, adds nothing, and has nothing to do the second time", () => {
    fc.assert(
      fc.property(scripts(), ({ records }) => {
        const thin = compact(records);
        expect(records.filter((record) => thin.includes(record))).toEqual(thin);
        expect(compact(thin)).toEqual(thin);
      }),
    );
  });

  it("makes one record of an outage, however often it was tried to end it", () => {
    const script = begin().verify("a").after(hour).lose("a");
    for (let count = 0; count < 1_000; count += 1) script.after(minute).retry("a").fail("a");
    script.retry("a").open("a").verify("a");
    expect(compact(script.records).map(({ type }) => type)).toEqual(["daemon-started", "state", "state", "outage"]);
  });

  it("never takes the time before an outage for a part of it, however often it thins out", () => {
    const script = begin().after(hour).lose("a").after(minute).retry("a").open("a");
    const once = compact(script.records);
    expect(once.map(({ type }) => type)).toEqual(["daemon-started", "state", "state", "outage"]);
    expect(compact(once)).toEqual(once);
  });

  it("keeps how an outage began that goes on", () => {
    const script = begin().after(hour).lose("a");
    for (let count = 0; count < 100; count += 1) script.after(minute).retry("a").fail("a");
    expect(compact(script.records).slice(3)).toMatchObject([{ from: "up", reason: "peer-silent" }, { reason: "connection-refused" }]);
  });
});

describe("keeping the last records", () => {
  it("keeps all of them where there is room", () => {
    fc.assert(
      fc.property(scripts(), ({ records }) => {
        expect(keepLast(records, 1_000_000)).toEqual(records);
      }),
    );
  });

  it("keeps the newest within the room, behind a checkpoint that says how the tunnels stood", () => {
    fc.assert(
      fc.property(scripts(), fc.nat(5_000), ({ records }, maxBytes) => {
        const kept = keepLast(records, maxBytes).filter(({ type }) => type !== "checkpoint");
        expect(kept).toEqual(records.slice(records.length - kept.length));
        expect(Buffer.byteLength(kept.map(encodeRecord).join(""))).toBeLessThanOrEqual(maxBytes);
      }),
    );
  });

  it("does not forget a tunnel that has been up since long before", () => {
    const script = begin().start("b").open("b");
    for (let count = 0; count < 100; count += 1) script.after(hour).lose("b").after(minute).retry("b").open("b");
    const kept = keepLast(compact(script.records), 2_000);
    const [a] = summarize(kept, { nowMs: script.nowMs, diedAtMs: null, outagesMax: 1 });
    expect(a).toMatchObject({ name: "a", uptime: { day: 1 }, openOutage: null });
    expect(a?.wantedMs.day).toBe(script.nowMs - Date.parse(kept[0]?.at ?? ""));
  });
});

describe("a checkpoint", () => {
  it("is enough to go on from: what stands, what is open, and the last outage", () => {
    fc.assert(
      fc.property(scripts(), fc.integer({ min: 0, max: 80 }), ({ records, nowMs }, count) => {
        const [before, after] = [records.slice(0, count), records.slice(count)];
        // A daemon's own start ends one life and begins the next: the files are only ever changed in between.
        const isBetween = after[0]?.type !== "daemon-started" && before.at(-1)?.type !== "daemon-started" && before.length > 0;
        fc.pre(isBetween && !hasOrphan(before));
        const checkpoint = checkpointOf(before, Date.parse(after[0]?.at ?? before.at(-1)?.at ?? ""));
        const context = { nowMs, diedAtMs: null, outagesMax: 1 };
        const essence = (summaries: ReturnType<typeof summarize>) =>
          summaries.map(({ name, openOutage, outages }) => ({ name, openOutage, outages }));
        const whole = essence(summarize(records, context));
        expect(whole).toEqual(expect.arrayContaining(essence(summarize([checkpoint, ...after], context))));
      }),
    );
  });

  it("in the middle of the history changes nothing", () => {
    fc.assert(
      fc.property(scripts(), fc.integer({ min: 1, max: 80 }), ({ records, nowMs }, count) => {
        const before = records.slice(0, count);
        const at = Date.parse(before.at(-1)?.at ?? "");
        const context = { nowMs, diedAtMs: null, outagesMax: 100 };
        const joined = [...before, checkpointOf(before, at), ...records.slice(count)];
        expect(summarize(joined, context)).toEqual(summarize(records, context));
        expect(compact(joined)).toEqual(compact(records));
      }),
    );
  });
});

/** Whether a daemon has died whose tunnels have not all been heard of since. */
function hasOrphan(records: HistoryScript["records"]): boolean {
  return records.some(({ type }, index) => index > 0 && type === "daemon-started" && records[index - 1]?.type !== "daemon-stopped");
}
