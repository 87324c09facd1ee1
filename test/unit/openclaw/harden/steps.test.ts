import { describe, expect, it } from "vitest";
import { type End, isOurs, isStep, next, resume, type Step } from "../../../../src/openclaw/harden/steps.js";
import { someJournal } from "./journal-fixture.js";

const starts: readonly Step[] = ["begin", "clear", "take", "take-back"];

/** Every end, with every choice of steps that fail. */
function endsFrom(step: Step | End, failed: readonly Step[] = []): { end: End; failed: readonly Step[] }[] {
  if (!isStep(step)) return [{ end: step, failed }];
  return [...endsFrom(next(step, true), failed), ...endsFrom(next(step, false), [...failed, step])];
}

describe("what comes after a step", () => {
  it("comes to an end whatever fails", () => {
    for (const start of starts) expect(endsFrom(start).length).toBeGreaterThan(1);
  });

  it("is one of the two proved ends as long as only one step fails", () => {
    const once = endsFrom("begin").filter(({ failed }) => failed.length <= 1);
    expect(new Set(once.map(({ end }) => end))).toEqual(new Set(["hardened", "as-before"]));
  });

  it("never says hardened when that was not proved, nor as before when that was not", () => {
    for (const { end, failed } of starts.flatMap((start) => endsFrom(start))) {
      if (end === "hardened") expect(failed).not.toContain("prove");
      if (end === "as-before") expect(failed).not.toContain("prove-back");
    }
  });
});

describe("where a second run begins", () => {
  const journal = someJournal();
  const before = { sum: journal.before, bind: "lan" };
  const after = { sum: journal.after, bind: "loopback" };

  it("anew when nothing was written", () => {
    expect(resume(null, before)).toBe("clear");
    expect(resume(journal, before)).toBe("clear");
  });

  it("with the proof when the change is written, also when the gateway has rewritten its file since", () => {
    expect(resume(journal, after)).toBe("take");
    expect(resume(journal, { sum: "another", bind: "loopback" })).toBe("take");
  });

  it("with the undoing when that had begun, however the file stands", () => {
    for (const now of [before, after, { sum: "another", bind: "lan" }])
      expect(resume({ ...journal, phase: "undo" }, now)).toBe("take-back");
  });

  it("anew when somebody has made a change of their own since", () => {
    expect(resume(journal, { sum: "another", bind: "tailnet" })).toBe("clear");
  });

  it("puts back only what comes from the change", () => {
    expect(isOurs(journal, after)).toBe(true);
    expect(isOurs(journal, { sum: "another", bind: "loopback" })).toBe(true);
    expect(isOurs(journal, before)).toBe(false);
    expect(isOurs(journal, { sum: "another", bind: "lan" })).toBe(false);
  });
});
