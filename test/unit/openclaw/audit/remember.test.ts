import { describe, expect, it } from "vitest";
import { rememberAudit } from "../../../../src/openclaw/audit/remember.js";
import type { AuditReport, Finding, Layer } from "../../../../src/openclaw/audit/report.js";

function finding(code: string, layer: Layer, severity: Finding["severity"] = "critical", port: number | null = 18_789): Finding {
  return { code, layer, port, severity, title: code, evidence: ["a line"], fixes: [] };
}

const looked = { state: "looked", detail: "" } as const;
const blind = { state: "could-not-look", detail: "" } as const;
const nothing = { verdict: "unknown", layers: { listeners: blind, reach: blind, config: blind } } as const;
const later = "2026-01-09T03:04:05.000Z";

function report(findings: readonly Finding[], changes: Partial<AuditReport> = {}): AuditReport {
  return {
    tunnel: "openclaw",
    target: "me@vps",
    at: "2026-01-02T03:04:05.000Z",
    verdict: findings.length === 0 ? "clean" : "exposed",
    layers: { listeners: looked, reach: looked, config: looked },
    findings,
    failure: null,
    ...changes,
  };
}

const open = finding("listens-everywhere", "listeners");
const first = rememberAudit(undefined, report([open, finding("answers-publicly", "reach")]), true);

describe("what is kept of audits", () => {
  it("tells a finding once as new, and again only at another port", () => {
    expect(first.fresh.map(({ code }) => code)).toEqual(["listens-everywhere", "answers-publicly"]);
    const other = finding("listens-everywhere", "listeners", "critical", 18_790);
    expect(rememberAudit(first.kept, report([open, other]), true).fresh).toMatchObject([{ code: "listens-everywhere", port: 18_790 }]);
  });

  it("holds no evidence", () => {
    expect(JSON.stringify(first.kept)).not.toContain("a line");
  });

  it("leaves out what is only worth knowing", () => {
    expect(rememberAudit(undefined, report([finding("token-not-kept", "config", "info")]), true).kept.findings).toEqual([]);
  });

  it("forgets what a look no longer finds", () => {
    expect(rememberAudit(first.kept, report([]), true).kept).toMatchObject({ verdict: "clean", findings: [] });
  });

  it("still stands where it could not be looked again", () => {
    const half = report([], { at: later, layers: { listeners: blind, reach: looked, config: blind } });
    expect(rememberAudit(first.kept, half, true).kept).toMatchObject({
      verdict: "exposed",
      at: later,
      findings: [{ code: "listens-everywhere" }],
    });
    const none = rememberAudit(first.kept, report([], { at: later, ...nothing }), true).kept;
    expect(none).toEqual({ ...first.kept, triedAt: later });
  });

  it("does not stand for another server", () => {
    const moved = rememberAudit(first.kept, report([], { target: "me@other", ...nothing }), true).kept;
    expect(moved).toMatchObject({ verdict: "unknown", at: null, findings: [] });
  });

  it("of a tunnel that is down does not put off the next", () => {
    expect(rememberAudit(undefined, report([], nothing), false).kept.triedAt).toBeNull();
    expect(rememberAudit(first.kept, report([], { at: later, ...nothing }), false).kept).toEqual(first.kept);
  });
});
