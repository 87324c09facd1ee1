import { describe, expect, it } from "vitest";
import { journalError, journalText } from "../../../../src/daemon/service/journal-line.js";

const entry = { level: "info", time: "2026-01-02T03:04:05.000Z", pid: 7, event: "tunnel.up", tunnel: "box", msg: "tunnel is up" };
const text = (fields: object = {}) => journalText(`${JSON.stringify({ ...entry, ...fields })}\n`);

describe("a line of the log in the journal", () => {
  it("is priority, tunnel, sentence and what else is known, without what the journal has itself", () => {
    expect(text({ tookMs: 42, reason: "asked" })).toBe("<6>box: tunnel is up  tookMs=42 reason=asked\n");
    expect(text({ tunnel: undefined, msg: "daemon starts" })).toBe("<6>daemon starts\n");
  });

  it.each([
    ["error", 3],
    ["warn", 4],
    ["info", 6],
    ["debug", 7],
    ["whatever", 6],
  ])("has for %s the priority %i", (level, priority) => {
    expect(text({ level })).toBe(`<${priority}>box: tunnel is up\n`);
  });

  it("has its priority on each line, so that none that somebody else worded can have another", () => {
    expect(text({ msg: "one\n<0>two", level: "warn" })).toBe("<4>box: one\n<4><0>two\n");
    expect(journalError("why\nwhat to do")).toBe("<3>why\n<3>what to do\n");
  });

  it("shows where a bug was met", () => {
    expect(
      text({ level: "error", tunnel: undefined, msg: "a bug", err: { type: "Error", message: "x", stack: "Error: x\n    at y" } }),
    ).toBe("<3>a bug\n<3>Error: x\n<3>    at y\n");
  });

  it("cannot draw on the terminal of who reads it", () => {
    expect(text({ msg: "\u001b[2Jgone", host: "\u202eevil" })).toBe("<6>box: \\u{1b}[2Jgone  host=\\u{202e}evil\n");
  });

  it("is nothing where there is no entry", () => {
    expect(journalText("not json\n")).toBe("");
  });
});
