import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeLine, encodeRecord, repairTail } from "../../../../src/daemon/history/codec.js";
import { HistoryScript, iso, midnight, scripts } from "../../fixtures/history-script.js";

const line = JSON.stringify({ at: iso(midnight), type: "daemon-stopped", why: "SIGTERM" });
const state = { at: iso(midnight), type: "state", tunnel: "db", from: "up", to: "waiting", reason: "peer-silent", message: null };

describe("a line of the history", () => {
  it("is one JSON object with a newline, and is read back as it was", () => {
    fc.assert(
      fc.property(scripts(), ({ records }) => {
        for (const record of records) {
          const text = encodeRecord(record);
          expect(text.indexOf("\n")).toBe(text.length - 1);
          expect(decodeLine(text.trimEnd())).toEqual(record);
        }
      }),
    );
  });

  it.each([
    ["nothing", ""],
    ["half a record", line.slice(0, -5)],
    ["zeros, as a power cut leaves them", "\0\0\0\0"],
    ["JSON that is no object", "[1]"],
    ["two records on one line", line + line],
    ["a kind of a later version", JSON.stringify({ at: iso(midnight), type: "daemon-promoted" })],
    ["a kind that every object has", JSON.stringify({ at: iso(midnight), type: "constructor" })],
    ["a record without a time", JSON.stringify({ ...state, at: undefined })],
    ["a time that is none", JSON.stringify({ ...state, at: "yesterday" })],
    ["a time with a remark in it", JSON.stringify({ ...state, at: "2026-01-01 (\u001b[31m)" })],
    ["a tunnel that is no name", JSON.stringify({ ...state, tunnel: 7 })],
    ["a checkpoint without a list", JSON.stringify({ at: iso(midnight), type: "checkpoint", tunnels: { 0: null } })],
  ])("is skipped when it is %s", (_, text) => {
    expect(decodeLine(text)).toBeUndefined();
  });
});

describe("a checkpoint", () => {
  const lastOutage = { startedAt: iso(midnight), endedAt: iso(midnight), durationMs: 0, cause: "peer-silent", noticedBy: "keepalive" };
  const openOutage = { startedMs: midnight, cause: "peer-silent", noticedBy: "keepalive" };
  const right = { name: "a", standing: "down", lastOutage, openOutage };
  const decode = (...tunnels: unknown[]) => decodeLine(JSON.stringify({ at: iso(midnight), type: "checkpoint", tunnels }));

  it.each<[string, unknown]>([
    ["nothing", null],
    ["no object", "a"],
    ["without a name", { ...right, name: 7 }],
    ["standing nowhere", { ...right, standing: "sideways" }],
    ["without a word on its outages", { name: "a", standing: "down" }],
    ["with an open outage that has nothing in it", { ...right, openOutage: {} }],
    ["with an open outage in no year", { ...right, openOutage: { ...openOutage, startedMs: 1e300 } }],
    ["with a last outage that ended at no time", { ...right, lastOutage: { ...lastOutage, endedAt: "soon" } }],
    ["with a last outage of no length", { ...right, lastOutage: { ...lastOutage, durationMs: "0" } }],
  ])("loses a tunnel that is %s, and no other", (_, wrong) => {
    expect(decode(wrong, right)).toMatchObject({ tunnels: [right] });
  });

  it("takes an outage that was noticed in a way that it does not know for one that the socket told", () => {
    const unheard = { noticedBy: "toString" };
    const told = { noticedBy: "socket" };
    const tunnel = { ...right, lastOutage: { ...lastOutage, ...unheard }, openOutage: { ...openOutage, ...unheard } };
    expect(decode(tunnel)).toMatchObject({ tunnels: [{ lastOutage: told, openOutage: told }] });
    const outage = { at: iso(midnight), type: "outage", tunnel: "a", ...lastOutage };
    expect(decodeLine(JSON.stringify({ ...outage, ...unheard }))).toEqual({ ...outage, ...told });
  });
});

describe("the repair of a file's end", () => {
  it("loses the record that was being written, and no other, wherever the crash cut it", () => {
    const { records } = new HistoryScript().daemonStarts().start("ä").open("ä").lose("ä");
    const whole = Buffer.from(records.map(encodeRecord).join(""));
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const torn = whole.subarray(0, cut);
      const { keptBytes, needsNewline } = repairTail(torn);
      const kept = `${torn.toString("utf8", 0, keptBytes)}${needsNewline ? "\n" : ""}`;
      const lengths = records.map((_, index) =>
        records
          .slice(0, index + 1)
          .map(encodeRecord)
          .join(""),
      );
      const wanted = lengths.filter((text) => Buffer.byteLength(text) - 1 <= cut).at(-1) ?? "";
      expect(kept).toBe(wanted);
    }
  });

  it.each([
    ["is sound", `${line}\n`, { keptBytes: line.length + 1, needsNewline: false }],
    ["lacks only its newline", line, { keptBytes: line.length, needsNewline: true }],
    ["ends in zeros", `${line}\n\0\0\0`, { keptBytes: line.length + 1, needsNewline: false }],
    ["has two damaged lines at its end", `${line}\n{"at\n\0\n`, { keptBytes: line.length + 1, needsNewline: false }],
    ["has a kind of a later version at its end", `{"type":"later"}\n`, { keptBytes: 17, needsNewline: false }],
    ["holds nothing that is right", "garbage\nmore", { keptBytes: 0, needsNewline: false }],
  ])("does what is needed when the file %s", (_, text, plan) => {
    expect(repairTail(Buffer.from(text))).toEqual(plan);
  });
});
