import { verdictOf } from "./judge.js";
import type { AuditReport, Finding, Verdict } from "./report.js";

/** What is kept of a finding. */
export type KeptFinding = Pick<Finding, "code" | "layer" | "port" | "severity" | "title">;

/** What is kept of a tunnel's audits. Times are ISO 8601. */
export interface KeptAudit {
  readonly target: string;
  /** The last audit of a tunnel that was up, whether it could look or not: the next waits for its time. */
  readonly triedAt: string | null;
  /** The last one that could. */
  readonly at: string | null;
  readonly verdict: Verdict;
  readonly findings: readonly KeptFinding[];
}

export interface Remembered {
  readonly kept: KeptAudit;
  /** What the audits before did not have: by code and port. */
  readonly fresh: readonly KeptFinding[];
}

/** What is to be kept after another audit. Where it could not look, what was found there before still stands. Pure. */
export function rememberAudit(before: KeptAudit | undefined, report: AuditReport, wasUp: boolean): Remembered {
  const earlier = before?.target === report.target ? before : undefined;
  const found = report.findings.filter(({ severity }) => severity !== "info").map(pick);
  const isKnownNow = (old: KeptFinding) => found.some((one) => isSame(one, old));
  const standing = (earlier?.findings ?? []).filter((old) => report.layers[old.layer].state !== "looked" && !isKnownNow(old));
  const findings = [...found, ...standing];
  const verdict = verdictOf(report.layers, findings);
  const kept = {
    target: report.target,
    triedAt: wasUp ? report.at : (earlier?.triedAt ?? null),
    at: report.verdict === "unknown" ? (earlier?.at ?? null) : report.at,
    verdict: verdict === "unknown" ? (earlier?.verdict ?? "unknown") : verdict,
    findings,
  };
  return { kept, fresh: found.filter((one) => !(earlier?.findings ?? []).some((old) => isSame(one, old))) };
}

function isSame(one: KeptFinding, other: KeptFinding): boolean {
  return one.code === other.code && one.port === other.port;
}

function pick({ code, layer, port, severity, title }: Finding): KeptFinding {
  return { code, layer, port, severity, title };
}
