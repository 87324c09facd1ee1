import type { AuditReport, Finding, Fix, Layer, LayerReport, Verdict } from "../openclaw/audit/report.js";
import { printableStyled, type Style } from "./output.js";

const layerWords: Readonly<Record<Layer, string>> = { listeners: "on the server", reach: "from here", config: "config" };

/** One audit for people: what it comes to, what was looked at, then each finding with its evidence and what to do. */
export function renderAudit({ tunnel, target, verdict, layers, findings, failure }: AuditReport, style: Style): string[] {
  const order: readonly Layer[] = ["listeners", "reach", "config"];
  return [
    `${style.strong(tunnel)}  ${target}  ${verdictWord(verdict, style)}`,
    ...order.filter((layer) => layers[layer].state !== "not-needed").map((layer) => renderLayer(layer, layers[layer])),
    ...(layers.listeners.state === "could-not-look" && layers.reach.state === "looked"
      ? ["  only the way from here was looked at: what others can reach, the server alone could tell"]
      : []),
    ...(failure === null ? [] : [`  ${failure.hint}`]),
    ...findings.flatMap((finding, index) => [
      "",
      ...renderFinding(
        finding,
        findings.slice(0, index).flatMap(({ fixes }) => fixes),
        style,
      ),
    ]),
  ].map(printableStyled);
}

function verdictWord(verdict: Verdict, style: Style): string {
  switch (verdict) {
    case "clean":
      return style.good("clean");
    case "exposed":
      return style.bad("EXPOSED");
    case "findings":
      return style.bad("not exposed, but something ought to be mended");
    case "unknown":
      return style.bad("unknown: it could not be looked");
  }
}

function renderLayer(layer: Layer, { state, detail }: LayerReport): string {
  return `  ${layerWords[layer].padEnd(14)}${state === "looked" ? "" : "could not look: "}${detail}`;
}

/** Two findings of one cause are mended by the same: that is told once. */
function renderFinding({ code, severity, title, evidence, fixes }: Finding, told: readonly Fix[], style: Style): string[] {
  const head = `  ${severity}: ${title} [${code}]`;
  return [
    severity === "critical" ? style.bad(head) : severity === "warning" ? style.strong(head) : style.soft(head),
    ...evidence.map((line) => `    seen  ${line}`),
    ...(isToldBy(told, fixes) ? ["    do    the same as above"] : fixes.flatMap(renderFix)),
  ];
}

function isToldBy(told: readonly Fix[], fixes: readonly Fix[]): boolean {
  const texts = new Set(told.map((fix) => JSON.stringify(fix)));
  return fixes.length > 0 && fixes.every((fix) => texts.has(JSON.stringify(fix)));
}

function renderFix({ about, commands }: Fix): string[] {
  return [`    do    ${about}${commands.length === 0 ? "" : ":"}`, ...commands.map((command) => `            ${command}`)];
}
