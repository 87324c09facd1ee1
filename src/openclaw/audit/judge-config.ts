import { quoteForShell } from "../../interchange/writers/quote.js";
import { scopeOf } from "../server/address-scope.js";
import { configuredScope, explainBind } from "./explain.js";
import type { AuditFacts } from "./facts.js";
import { fixesOfBind, fixOfSshd } from "./fixes.js";
import type { Finding, Fix } from "./report.js";

/** What the gateway's configuration says, and what is around it on the server. Reality has spoken before; this is one slip away from it. Pure. */
export function judgeConfig(facts: AuditFacts): Finding[] {
  return [...judgeBind(facts), ...judgeAuth(facts), ...judgeFiles(facts), ...judgeTailscale(facts), ...judgeSshd(facts)];
}

function finding(code: string, severity: Finding["severity"], title: string, evidence: readonly string[], fixes: readonly Fix[]): Finding {
  return { code, layer: "config", port: null, severity, title, evidence, fixes };
}

/** Where a listener shows it already, the configuration is only its explanation. */
function judgeBind(facts: AuditFacts): Finding[] {
  const scope = configuredScope(facts);
  const main = facts.ports.find(({ role }) => role === "gateway");
  if (scope === undefined || scope === "loopback" || main === undefined) return [];
  const isSeen =
    "seen" in facts.listeners &&
    facts.listeners.seen.listeners.some(({ host, port }) => port === main.port && scopeOf(host) !== "loopback");
  // Inside a container of the server every address is only the container's own.
  if (
    isSeen ||
    facts.process?.container != null ||
    (facts.server?.published ?? []).some(({ containerPort }) => containerPort === main.port)
  )
    return [];
  const title = "the gateway's configuration opens it to others, at the latest when it starts again";
  return [finding("bind-opens", "warning", title, explainBind(facts), fixesOfBind(facts, main.port))];
}

function judgeAuth(facts: AuditFacts): Finding[] {
  if (facts.config === undefined || !("seen" in facts.config)) return [];
  const { authMode, hasSecret, file } = facts.config.seen;
  const fixes = [
    {
      about: "on the server; clients then need the token",
      commands: ["openclaw doctor --generate-gateway-token", "openclaw config set gateway.auth.mode token"],
    },
  ];
  if (authMode === "none") {
    const listeners = "seen" in facts.listeners ? facts.listeners.seen.listeners : [];
    const isOpen = listeners.some(({ host }) => scopeOf(host) !== "loopback");
    const title = isOpen
      ? "whoever reaches the gateway owns it: it asks for no token"
      : "everybody with an account on the server can use the gateway: it asks for no token";
    return [finding("auth-none", isOpen ? "critical" : "warning", title, [`${file}: gateway.auth.mode is "none"`], fixes)];
  }
  if (hasSecret || (authMode !== null && authMode !== "token")) return [];
  const title = "the gateway's configuration holds no token: unless its environment has one, each start makes another";
  return [finding("token-not-kept", "info", title, [`${file}: no gateway.auth.token`], fixes)];
}

function judgeFiles(facts: AuditFacts): Finding[] {
  const files = facts.config !== undefined && "seen" in facts.config ? facts.config.seen.files : [];
  const open = files.filter(({ mode }) => (mode & 0o077) !== 0);
  const folder = facts.server?.folder ?? null;
  const isFolderWritable = folder !== null && /^d.{4}w|^d.{7}w/.test(folder.mode);
  return [
    ...(open.length === 0
      ? []
      : [
          finding(
            "config-readable",
            "warning",
            "other accounts on the server can read the gateway's configuration, or write it, and its token with it",
            open.map(({ path, mode, owner }) => `${path}: mode ${(mode & 0o777).toString(8).padStart(3, "0")}, owner ${owner}`),
            [{ about: "on the server", commands: open.map(({ path }) => `chmod 600 ${quoteForShell(path)}`) }],
          ),
        ]),
    ...(isFolderWritable
      ? [
          finding(
            "config-folder-writable",
            "warning",
            "other accounts on the server can replace the gateway's configuration",
            [`${folder.path}: ${folder.mode}, owner ${folder.owner}`],
            [{ about: "on the server", commands: [`chmod 700 ${quoteForShell(folder.path)}`] }],
          ),
        ]
      : []),
  ];
}

/** `tailscale serve status` has a block for each address, headed by it and `(Funnel on)` or `(tailnet only)`. */
function judgeTailscale({ server, ports, config }: AuditFacts): Finding[] {
  const main = ports.find(({ role }) => role === "gateway");
  if (main === undefined) return [];
  const off = [{ about: "on the server", commands: ["openclaw config set gateway.tailscale.mode off", "tailscale serve reset"] }];
  const blocks = (server?.serve ?? []).join("\n").split(/\n(?=https?:|tcp:)/);
  const ours = blocks.filter((block) => new RegExp(`(?:127\\.0\\.0\\.1|localhost|\\[::1\\]):${main.port}\\b`).test(block));
  const funnel = ours.find((block) => block.includes("(Funnel on)"));
  if (funnel !== undefined) {
    const title = "Tailscale Funnel publishes the gateway to the whole internet";
    return [{ ...finding("funnel-on", "critical", title, evidenceOf(funnel), off), layer: "listeners", port: main.port }];
  }
  if (ours[0] !== undefined) {
    const title = "Tailscale Serve lets your tailnet reach the gateway";
    return [{ ...finding("serve-on", "warning", title, evidenceOf(ours[0]), off), layer: "listeners", port: main.port }];
  }
  const mode = config !== undefined && "seen" in config ? config.seen.tailscaleMode : null;
  if (mode !== "serve" && mode !== "funnel") return [];
  const title = `the gateway's configuration publishes it by Tailscale ${mode === "funnel" ? "Funnel, to the whole internet" : "Serve, to your tailnet"}`;
  const isUnseen = server?.serve == null;
  const severity = mode === "funnel" && isUnseen ? "critical" : "warning";
  return [finding(`config-${mode}`, severity, title, [`gateway.tailscale.mode is "${mode}"`], off)];
}

function evidenceOf(block: string): string[] {
  return block.split("\n").map((line) => `tailscale serve status: ${line.trim()}`);
}

function judgeSshd({ server }: AuditFacts): Finding[] {
  const { passwordAuthentication: password, permitRootLogin: root } = server?.sshd ?? {
    passwordAuthentication: null,
    permitRootLogin: null,
  };
  const findings: Finding[] = [];
  if (password?.value === "yes") {
    const title = "sshd lets people log in with a password, which can be guessed";
    findings.push(finding("sshd-password", "warning", title, [password.evidence], [fixOfSshd("PasswordAuthentication no")]));
  }
  if (root?.value === "yes") {
    const title = "sshd lets root log in, with a password where passwords are allowed";
    findings.push(finding("sshd-root", "warning", title, [root.evidence], [fixOfSshd("PermitRootLogin prohibit-password")]));
  }
  return findings;
}
