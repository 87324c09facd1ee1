import { describe, expect, it } from "vitest";
import type { AuditFacts } from "../../../../src/openclaw/audit/facts.js";
import { judge, verdictOf } from "../../../../src/openclaw/audit/judge.js";
import type { LayerReport, Verdict } from "../../../../src/openclaw/audit/report.js";
import { auditFacts, gatewayConfig, gatewayProcess, listener, reached, serverFacts } from "../../fixtures/audit-facts.js";

const layer = (look: object): LayerReport => ({ state: "seen" in look ? "looked" : "could-not-look", detail: "" });
const notSeen = { notSeen: "the tunnel is not up" };
const listening = (...hosts: string[]) => ({ seen: { by: "ss" as const, listeners: hosts.map((host) => listener(host)) } });
const beside = (changes: Parameters<typeof listener>[2]) => ({
  seen: { by: "ss" as const, listeners: [listener("127.0.0.1"), listener("*", 18_790, changes)] },
});
const config = (changes: Parameters<typeof gatewayConfig>[0]) => ({ seen: gatewayConfig(changes) });
const published = (host: string, port = 18_789) => ({
  container: "claw",
  host,
  port,
  containerPort: 18_789,
  evidence: `docker ps: claw ${host}:${port}->18789/tcp`,
});

function verdict(facts: AuditFacts): Verdict {
  const { listeners, reach } = facts;
  return verdictOf({ listeners: layer(listeners), reach: layer(reach), config: layer(facts.config ?? {}) }, judge(facts));
}

type Row = readonly [what: string, facts: Partial<AuditFacts>, findings: readonly string[], verdict: Verdict];
const blind = { config: notSeen, process: undefined, server: undefined };

const sockets: readonly Row[] = [
  ["nothing of a gateway on loopback", {}, [], "clean"],
  ["a gateway on every address", { listeners: listening("0.0.0.0") }, ["critical listens-everywhere"], "exposed"],
  ["one on every address of both families, once", { listeners: listening("0.0.0.0", "::") }, ["critical listens-everywhere"], "exposed"],
  ["one on a public address", { listeners: listening("127.0.0.1", "203.0.113.7") }, ["critical listens-publicly"], "exposed"],
  ["one on a tailnet address", { listeners: listening("100.101.102.103") }, ["warning listens-in-network"], "findings"],
  ["one on a private address", { listeners: listening("10.0.0.5") }, ["warning listens-in-network"], "findings"],
  ["nothing of an IPv4-mapped loopback address", { listeners: listening("::ffff:127.0.0.1") }, [], "clean"],
  ["its sandbox on every address", { listeners: beside({}) }, ["critical listens-everywhere"], "exposed"],
  ["nothing of another program on the port beside", { listeners: beside({ pid: 9, command: "nginx" }) }, [], "clean"],
  ["somebody unseen on it", { listeners: beside({ pid: null, command: null }) }, ["warning neighbour-listens"], "findings"],
  ["nothing where nothing listens", { listeners: listening() }, [], "clean"],
];

const answers: readonly Row[] = [
  [
    "a gateway's answer at a public address",
    { reach: { seen: [reached("203.0.113.7", "gateway")] } },
    ["critical answers-publicly"],
    "exposed",
  ],
  ["one in the tailnet", { reach: { seen: [reached("100.101.102.103", "gateway")] } }, ["warning answers-in-network"], "findings"],
  ["another answer", { reach: { seen: [reached("203.0.113.7", "something")] } }, ["warning answers-unknown"], "findings"],
  ["another on the port beside", { reach: { seen: [reached("203.0.113.7", "something", 18_791)] } }, ["info answers-unknown"], "clean"],
  ["nothing by the way from here alone", { listeners: notSeen, ...blind }, [], "clean"],
  ["nothing where neither could be looked at", { listeners: notSeen, reach: notSeen, ...blind }, [], "unknown"],
  ["what listens, behind a jump host", { reach: notSeen, listeners: listening("::") }, ["critical listens-everywhere"], "exposed"],
];

const around: readonly Row[] = [
  ["what Docker publishes", { server: serverFacts({ published: [published("0.0.0.0")] }) }, ["critical docker-publishes"], "exposed"],
  [
    "it once where Docker's proxy listens",
    { listeners: listening("0.0.0.0", "::"), server: serverFacts({ published: [published("0.0.0.0"), published("::")] }) },
    ["critical docker-publishes"],
    "exposed",
  ],
  ["nothing published on loopback", { server: serverFacts({ published: [published("127.0.0.1")] }) }, [], "clean"],
  ["it under another number", { server: serverFacts({ published: [published("0.0.0.0", 80)] }) }, ["critical docker-publishes"], "exposed"],
  [
    "a folder that others can write",
    { server: serverFacts({ folder: { mode: "drwxrwx---", owner: "me", path: "/x" } }) },
    ["warning config-folder-writable"],
    "findings",
  ],
  [
    "sshd with passwords and root",
    {
      server: serverFacts({
        sshd: { passwordAuthentication: { value: "yes", evidence: "a" }, permitRootLogin: { value: "yes", evidence: "b" } },
      }),
    },
    ["warning sshd-password", "warning sshd-root"],
    "findings",
  ],
  [
    "Tailscale Funnel",
    { server: serverFacts({ serve: ["", "https://vps.tail1.ts.net (Funnel on)", "|-- / proxy http://127.0.0.1:18789"] }) },
    ["critical funnel-on"],
    "exposed",
  ],
  [
    "Tailscale Serve of it, beside a Funnel of something else",
    {
      server: serverFacts({
        serve: [
          "https://vps.tail1.ts.net (tailnet only)",
          "|-- / proxy http://127.0.0.1:18789",
          "",
          "https://vps.tail1.ts.net:8443 (Funnel on)",
          "|-- / proxy http://127.0.0.1:3000",
        ],
      }),
    },
    ["warning serve-on"],
    "findings",
  ],
];

const written: readonly Row[] = [
  ["no token, on loopback", { config: config({ authMode: "none" }) }, ["warning auth-none"], "findings"],
  [
    "no token, for others",
    { listeners: listening("0.0.0.0"), config: config({ bind: "lan", authMode: "none" }) },
    ["critical listens-everywhere", "critical auth-none"],
    "exposed",
  ],
  ["a token that is not kept", { config: config({ authMode: null, hasSecret: false }) }, ["info token-not-kept"], "clean"],
  ["a bind that the next start opens", { config: config({ bind: "lan" }) }, ["warning bind-opens"], "findings"],
  [
    "nothing where a flag overrides it",
    { config: config({ bind: "lan" }), process: gatewayProcess({ bindFlag: "loopback" }) },
    [],
    "clean",
  ],
  ["nothing of a bind that is not set", { config: config({ bind: null }) }, [], "clean"],
  [
    "a bind that is not set, in a container",
    { config: config({ bind: null }), process: gatewayProcess({ isServerContainer: true }) },
    ["warning bind-opens"],
    "findings",
  ],
  ["a literal that old gateways took", { config: config({ bind: "0.0.0.0" }) }, ["warning bind-opens"], "findings"],
  ["a custom bind", { config: config({ bind: "custom", customBindHost: "192.168.1.5" }) }, ["warning bind-opens"], "findings"],
  [
    "a file that others can read",
    { config: config({ files: [{ path: "/o", mode: 0o100644, owner: "me" }] }) },
    ["warning config-readable"],
    "findings",
  ],
  ["a configured Funnel that cannot be seen", { config: config({ tailscaleMode: "funnel" }) }, ["critical config-funnel"], "findings"],
  [
    "a configured Funnel that is not on",
    { config: config({ tailscaleMode: "funnel" }), server: serverFacts({ serve: ["No serve config"] }) },
    ["warning config-funnel"],
    "findings",
  ],
];

describe("an audit finds", () => {
  it.each([...sockets, ...answers, ...around, ...written])("%s", (_what, changes, findings, wanted) => {
    const facts = auditFacts(changes);
    expect(judge(facts).map(({ code, severity }) => `${severity} ${code}`)).toEqual(findings);
    expect(verdict(facts)).toBe(wanted);
  });
});

describe("a finding", () => {
  const first = (changes: Partial<AuditFacts>) => judge(auditFacts(changes))[0];
  const commands = (changes: Partial<AuditFacts>) => first(changes)?.fixes.flatMap((fix) => fix.commands);

  it("shows what was seen as it was seen, whose it is, and why it is so", () => {
    const facts = { listeners: listening("0.0.0.0"), config: config({ bind: "lan" }) };
    expect(first(facts)?.evidence).toEqual([
      "LISTEN 0 511 0.0.0.0:18789",
      "pid 4711 (openclaw-gateway), user me",
      '/home/me/.openclaw/openclaw.json: gateway.bind is "lan"',
      "from here, 203.0.113.7 port 18789: refused; a firewall may be all that is between",
    ]);
    expect(commands(facts)).toEqual(["clawtunnel harden openclaw", "openclaw config set gateway.bind loopback"]);
  });

  it("of a gateway that a flag opens sends to where the flag stands", () => {
    const process = gatewayProcess({ bindFlag: "lan" });
    expect(commands({ listeners: listening("0.0.0.0"), process })?.slice(0, 2)).toEqual([
      "systemctl --user edit --full openclaw-gateway.service",
      "systemctl --user restart openclaw-gateway.service",
    ]);
  });

  it("of what Docker publishes never sends to ufw, which Docker goes around, nor to the gateway's own bind", () => {
    const found = commands({ server: serverFacts({ published: [published("0.0.0.0")], ufw: ["Status: active"] }) })?.join("\n");
    expect(found).toContain("-p 127.0.0.1:18789:18789");
    expect(found).toContain("DOCKER-USER");
    expect(found).not.toMatch(/ufw deny|gateway\.bind/);
  });

  it("quotes what the server named, so that a copied command runs nothing else", () => {
    const files = [{ path: "/home/me/$(reboot)/openclaw.json", mode: 0o100644, owner: "me" }];
    expect(commands({ config: config({ files }) })).toEqual(["chmod 600 '/home/me/$(reboot)/openclaw.json'"]);
  });

  it("names ufw only where the server has it", () => {
    const server = serverFacts({ ufw: ["Status: inactive"] });
    expect(commands({ listeners: listening("0.0.0.0"), server })).toContain("sudo ufw deny 18789/tcp");
    expect(commands({ listeners: listening("0.0.0.0") })?.join()).not.toContain("ufw");
  });

  it("of a service that is no gateway says nothing of gateways", () => {
    const listeners = { seen: { by: "ss" as const, listeners: [listener("0.0.0.0", 5432)] } };
    const finding = first({ ports: [{ port: 5432, role: "service" }], listeners, config: undefined });
    expect(finding).toMatchObject({ code: "listens-everywhere", port: 5432 });
    expect(JSON.stringify(finding)).not.toMatch(/gateway\.bind|harden/);
  });
});
