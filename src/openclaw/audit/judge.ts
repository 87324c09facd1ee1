import type { AuditFacts } from "./facts.js";
import { judgeConfig } from "./judge-config.js";
import { judgeListeners, judgePublished, judgeReach } from "./judge-exposure.js";
import type { AuditReport, Finding, Layer, Severity, Verdict } from "./report.js";

const rank: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };

/** What the facts come to, worst first. Pure. */
export function judge(facts: AuditFacts): Finding[] {
  const findings = [...judgeReach(facts), ...judgeListeners(facts), ...judgePublished(facts), ...judgeConfig(facts)];
  return findings.toSorted((one, other) => rank[one.severity] - rank[other.severity]);
}

/** Only what was seen of sockets and answers says `exposed`; `unknown` where neither could be looked at. Pure. */
export function verdictOf(layers: AuditReport["layers"], findings: readonly Pick<Finding, "severity" | "layer">[]): Verdict {
  const decides = (layer: Layer) => layer !== "config";
  if (findings.some(({ severity, layer }) => severity === "critical" && decides(layer))) return "exposed";
  if (layers.listeners.state !== "looked" && layers.reach.state !== "looked") return "unknown";
  return findings.some(({ severity }) => severity !== "info") ? "findings" : "clean";
}
