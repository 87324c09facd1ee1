import { describe, expect, it } from "vitest";
import { believe } from "../../../../src/openclaw/audit/believe.js";
import type { AuditFacts } from "../../../../src/openclaw/audit/facts.js";

const ports: AuditFacts["ports"] = [
  { port: 18_789, role: "gateway" },
  { port: 18_790, role: "sandbox" },
];
const listener = (port: number) => ({ host: "127.0.0.1", port, pid: null, command: null, user: null, evidence: "" });
const saw = (...found: number[]): AuditFacts["listeners"] => ({ seen: { by: "ss", listeners: found.map(listener) } });
const blind: AuditFacts["listeners"] = { notSeen: "this key runs no commands" };
const dialled = (answer: "gateway" | "nothing"): AuditFacts["reach"] => ({
  seen: [{ address: "203.0.113.7", port: 18_789, scope: "public", answer, detail: "" }],
});

describe("what an audit believes of what it saw", () => {
  it("is not a server without listeners where a gateway answers", () => {
    const { listeners } = believe({ ports, listeners: saw(18_790), reach: dialled("nothing"), isAnswering: true });
    expect(listeners).toMatchObject({ notSeen: expect.stringContaining("18789") });
  });

  it("is a server without listeners where none answers", () => {
    const looks = { listeners: saw(), reach: dialled("nothing") };
    expect(believe({ ports, ...looks, isAnswering: false })).toEqual(looks);
  });

  it("is not the silence of a gateway that answers nobody", () => {
    const { reach } = believe({ ports, listeners: blind, reach: dialled("nothing"), isAnswering: false });
    expect(reach).toHaveProperty("notSeen");
  });

  it.each([
    ["silence from outside while it answers through the tunnel", dialled("nothing"), true],
    ["an answer, whatever else could be seen", dialled("gateway"), false],
  ])("is %s", (_what, reach, isAnswering) => {
    expect(believe({ ports, listeners: blind, reach, isAnswering })).toEqual({ listeners: blind, reach });
  });
});
