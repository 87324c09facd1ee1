import { describe, expect, it } from "vitest";
import { exitCodeOfAudits } from "../../../src/cli/commands/audit.js";
import { plainStyle } from "../../../src/cli/output.js";
import { renderAudit } from "../../../src/cli/render-audit.js";
import { renderTunnel } from "../../../src/cli/render-status.js";
import type { AuditReport, Verdict } from "../../../src/openclaw/audit/report.js";
import { since, tunnelStatus } from "../fixtures/tunnel-status.js";

const looked = { state: "looked", detail: "ss: 0.0.0.0:18789" } as const;
const blind = { state: "could-not-look", detail: "the tunnel is not up" } as const;

function report(changes: Partial<AuditReport> = {}): AuditReport {
  return {
    tunnel: "openclaw",
    target: "me@vps",
    at: since,
    verdict: "exposed",
    layers: { listeners: looked, reach: looked, config: looked },
    findings: [
      {
        code: "listens-everywhere",
        layer: "listeners",
        port: 18_789,
        severity: "critical",
        title: "the gateway on port 18789 listens at every address of the server",
        evidence: ["LISTEN 0 511 0.0.0.0:18789"],
        fixes: [{ about: "from here, with a way back", commands: ["clawtunnel harden openclaw"] }],
      },
    ],
    failure: null,
    ...changes,
  };
}

const rendered = (changes: Partial<AuditReport> = {}) => renderAudit(report(changes), plainStyle).join("\n");

describe("an audit as a person reads it", () => {
  it("tells once what mends two findings of one cause", () => {
    const [first] = report().findings;
    if (first === undefined) throw new Error("no finding");
    const lines = rendered({ findings: [first, { ...first, code: "answers-publicly" }, { ...first, fixes: [] }] }).split("\n");
    expect(lines.filter((line) => line.includes("clawtunnel harden"))).toHaveLength(1);
    expect(lines.filter((line) => line.trim() === "do    the same as above")).toHaveLength(1);
  });

  it("has the verdict first, then what was seen, and a command that can be copied as it stands", () => {
    expect(rendered().split("\n")).toEqual([
      "openclaw  me@vps  EXPOSED",
      "  on the server ss: 0.0.0.0:18789",
      "  from here     ss: 0.0.0.0:18789",
      "  config        ss: 0.0.0.0:18789",
      "",
      "  critical: the gateway on port 18789 listens at every address of the server [listens-everywhere]",
      "    seen  LISTEN 0 511 0.0.0.0:18789",
      "    do    from here, with a way back:",
      "            clawtunnel harden openclaw",
    ]);
  });

  it("says when only the way from here was looked at, and not when the server was", () => {
    const words = "only the way from here was looked at";
    expect(rendered({ verdict: "clean", findings: [], layers: { listeners: blind, reach: looked, config: blind } })).toContain(words);
    expect(rendered({ verdict: "clean", findings: [], layers: { listeners: looked, reach: blind, config: looked } })).not.toContain(words);
  });
});

describe("the exit code of audits", () => {
  it.each<[string, Verdict[], number]>([
    ["0 when all are clean", ["clean", "clean"], 0],
    ["1 when one is exposed", ["clean", "exposed"], 1],
    ["1 when something ought to be mended, also where another could not be looked at", ["unknown", "findings"], 1],
    ["5 when one could not be looked at", ["clean", "unknown"], 5],
  ])("is %s", (_what, verdicts, code) => {
    expect(exitCodeOfAudits(verdicts.map((verdict) => report({ verdict })))).toBe(code);
  });
});

describe("status", () => {
  const finding = { code: "listens-everywhere", severity: "critical", title: "the gateway listens at every address" } as const;
  const lines = (exposure: Parameters<typeof tunnelStatus>[0]) => renderTunnel(tunnelStatus(exposure), Date.parse(since), plainStyle);

  it("tells the worst that the last audit found, and where there is more", () => {
    const other = { code: "sshd-root", severity: "warning", title: "sshd lets root log in" } as const;
    const found = lines({ exposure: { verdict: "exposed", at: since, findings: [finding, other] } });
    expect(found).toContain("  exposed: the gateway listens at every address, and 1 more");
    expect(found).toContain("  See `clawtunnel audit db`.");
  });

  it("says nothing of an audit that found nothing", () => {
    expect(lines({ exposure: { verdict: "clean", at: since, findings: [] } })).toEqual(lines({ exposure: null }));
  });
});
