import type { HopReport, LoginReport } from "../../ssh/examine/examine-login.js";
import type { IdentityState } from "../../ssh/examine/identity-state.js";
import { printableStyled, type Style } from "../output.js";
import type { ServiceExamination } from "../service/examine-service.js";
import type { Equipment, Finding } from "./login-findings.js";

/** How a log-in is done, for a person. */
export function renderLogin(report: LoginReport): string[] {
  const by = report.resolvedBy === null ? "the ssh-config package, because there is no ssh" : `${report.resolvedBy} (ssh -G)`;
  const engine = report.engine === null ? "none" : report.engine + (report.engineReason === null ? "" : `: ${report.engineReason}`);
  return [
    ...(report.way.length === 0 ? [] : [`  resolved by  ${by}`, `  engine       ${engine}`]),
    ...report.way.flatMap((hop, index) => renderHop(hop, index === report.way.length - 1 ? "server" : "through")),
  ].map(printableStyled);
}

function renderHop({ alias, server, proxyCommand, identities, agent, knownHosts }: HopReport, role: string): string[] {
  const line = (what: string, text: string) => `    ${what.padEnd(11)}${text}`;
  return [
    `  ${role.padEnd(13)}${server}${server.includes(alias) ? "" : ` (${alias})`}`,
    ...(proxyCommand === null ? [] : [line("by", proxyCommand)]),
    ...identities.map((identity) => line("key", `${identity.path}: ${describeIdentity(identity)}`)),
    line("agent", agent === null ? "none" : `${agent.socket}, ${agent.keys === 1 ? "1 key" : `${agent.keys} keys`}`),
    ...knownHosts.filter(({ exists }) => exists).map(({ path }) => line("known", path)),
  ];
}

function describeIdentity({ state, inAgent, keyType }: IdentityState): string {
  const words = state === "no-key" ? "no key" : state === "public" ? "public half" : state;
  return [words, ...(keyType === null ? [] : [keyType]), ...(inAgent ? ["in the agent"] : [])].join(", ");
}

export function renderService({ name, findings }: ServiceExamination, style: Style): string[] {
  const none = "none is installed: the daemon runs until the next logout or reboot (`clawtunnel install`)";
  return [style.strong("service"), `  ${name ?? none}`, ...renderFindings(findings, style, "  ")].map(printableStyled);
}

export function renderEquipment({ ssh, nodePty, keyring }: Equipment): string {
  const has = (is: boolean) => (is ? "yes" : "no");
  return `      ssh ${ssh ?? "none"}; node-pty ${has(nodePty)}; keyring package ${has(keyring)}`;
}

export function renderFindings(findings: readonly Finding[], style: Style, margin: string): string[] {
  return findings.flatMap(({ message, hint }) => [
    `${margin}${style.bad("!")} ${message}`,
    ...(hint === null ? [] : [`${margin}  ${style.soft(hint)}`]),
  ]);
}
