import { type AddressScope, scopeOf } from "../server/address-scope.js";
import { besides, describeOwner, explainBind } from "./explain.js";
import { type AuditFacts, type PortRole, type Reached, roleOf } from "./facts.js";
import { fixesOfBind, fixesOfDocker, fixesOfFirewall } from "./fixes.js";
import type { Finding, Severity } from "./report.js";

const scopeWords: Readonly<Record<AddressScope, string>> = {
  loopback: "on loopback",
  tailnet: "in your tailnet",
  private: "in a private network",
  public: "at a public address",
  every: "at every address of the server",
};

/** Codes by who can reach it, for something that listens. */
const listens = {
  every: "listens-everywhere",
  public: "listens-publicly",
  private: "listens-in-network",
  tailnet: "listens-in-network",
} as const;

/** What listens on the server at anything but loopback. Pure. */
export function judgeListeners(facts: AuditFacts): Finding[] {
  if (!("seen" in facts.listeners)) return [];
  const { listeners } = facts.listeners.seen;
  const published = new Set(publishedOpenly(facts).map(({ port }) => port));
  const groups = new Map<string, Finding>();
  for (const listener of listeners) {
    const { port } = listener;
    const scope = scopeOf(listener.host);
    const role = roleOf(facts, port);
    // What Docker publishes is told as that.
    if (scope === "loopback" || role === undefined || published.has(port)) continue;
    const whose = ownerOfNeighbour(facts, role, listener.pid, listener.command);
    if (whose === "another") continue;
    const code = whose === "unknown" ? "neighbour-listens" : listens[scope];
    const known = groups.get(`${code} ${port}`);
    const evidence = [listener.evidence, ...describeOwner(listener)];
    groups.set(`${code} ${port}`, {
      code,
      layer: "listeners",
      port,
      severity: whose === "unknown" ? "warning" : severityOf(scope),
      title: known?.title ?? `${describePort(role, port, whose === "unknown")} listens ${scopeWords[scope]}`,
      evidence: [...(known?.evidence ?? []), ...evidence],
      fixes: known?.fixes ?? fixesOfBind(facts, port),
    });
  }
  return [...groups.values()].map((finding) => {
    const { port } = finding;
    if (port === null) return finding;
    const why = roleOf(facts, port) === "service" ? [] : explainBind(facts);
    return { ...finding, evidence: [...new Set([...finding.evidence, ...why, ...besides(facts, port)])] };
  });
}

/** The ports beside the gateway's may be anything: they are its own when its process has them. */
function ownerOfNeighbour(facts: AuditFacts, role: PortRole, pid: number | null, command: string | null): "own" | "another" | "unknown" {
  if (role === "gateway" || role === "service") return "own";
  if (pid === null) return "unknown";
  return pid === facts.process?.pid || /openclaw/i.test(command ?? "") ? "own" : "another";
}

/** What answered when the host's addresses were dialled from here. Pure. */
export function judgeReach(facts: AuditFacts): Finding[] {
  if (!("seen" in facts.reach)) return [];
  return facts.reach.seen.flatMap((reached): Finding[] => {
    const { address, port, scope, answer, detail } = reached;
    const role = roleOf(facts, port);
    if (answer === "nothing" || role === undefined) return [];
    const isPublic = scope === "public";
    const evidence = [`from here, ${address} port ${port}: ${detail}`];
    if (answer === "something" && role !== "service") return [judgeSomething(reached, role, evidence, facts)];
    const who = role === "service" ? `the service on port ${port}` : describePort(role, port, false);
    return [
      {
        code: isPublic ? "answers-publicly" : "answers-in-network",
        layer: "reach",
        port,
        severity: isPublic ? "critical" : "warning",
        title: isPublic ? `${who} answers at ${address}, and would answer anybody` : `${who} is reachable in your network, at ${address}`,
        evidence,
        fixes: fixesOfBind(facts, port),
      },
    ];
  });
}

/** No gateway's answer: a proxy before it perhaps, or TLS, or nothing to do with it at all. */
function judgeSomething({ address, port }: Reached, role: PortRole, evidence: readonly string[], facts: AuditFacts): Finding {
  return {
    code: "answers-unknown",
    layer: "reach",
    port,
    severity: role === "gateway" ? "warning" : "info",
    title: `something answers at ${address} port ${port}, and not as ${role === "gateway" ? "a gateway" : `a gateway's ${role}`} does`,
    evidence,
    fixes: fixesOfFirewall(facts, port),
  };
}

/** What Docker publishes to others: a way past the address that the gateway itself is bound to, and past ufw. Pure. */
export function judgePublished(facts: AuditFacts): Finding[] {
  const listeners = "seen" in facts.listeners ? facts.listeners.seen.listeners : [];
  const all = publishedOpenly(facts);
  return [...new Map(all.map((published) => [published.port, published])).values()].map(
    ({ port, containerPort, container, host }): Finding => {
      const scope = scopeOf(host);
      const lines = all.filter((other) => other.port === port);
      const isUfwActive = facts.server?.ufw?.[0] === "Status: active";
      return {
        code: "docker-publishes",
        layer: "listeners",
        port,
        severity: severityOf(scope),
        title: `Docker publishes port ${port} of the container ${container} ${scopeWords[scope]}`,
        evidence: [
          ...lines.map(({ evidence }) => evidence),
          ...listeners.filter((listener) => listener.port === port).map(({ evidence }) => evidence),
          ...(isUfwActive ? ["ufw: Status: active, but what Docker publishes goes around ufw"] : []),
        ],
        fixes: [...fixesOfDocker(port, containerPort), ...fixesOfFirewall({ ...facts, server: undefined }, port)],
      };
    },
  );
}

function publishedOpenly({ server, ports }: AuditFacts) {
  const isAudited = (port: number) => ports.some((audited) => audited.port === port);
  const isGateway = (port: number) => ports.some((audited) => audited.port === port && audited.role === "gateway");
  return (server?.published ?? []).filter(
    ({ host, port, containerPort }) => (isAudited(port) || isGateway(containerPort)) && scopeOf(host) !== "loopback",
  );
}

function severityOf(scope: AddressScope): Severity {
  return scope === "every" || scope === "public" ? "critical" : "warning";
}

function describePort(role: PortRole, port: number, isUnknown: boolean): string {
  if (isUnknown) return `something on port ${port}, perhaps the gateway's ${role},`;
  switch (role) {
    case "gateway":
      return `the gateway on port ${port}`;
    case "service":
      return `what has port ${port}`;
    case "sandbox":
    case "browser":
      return `the gateway's ${role} on port ${port}`;
  }
}
