import { Failure } from "../../../../src/base/failure.js";
import type { FailureCode } from "../../../../src/base/failure-catalogue.js";
import type { Diagnosis } from "../../../../src/cli/doctor/diagnosis.js";
import type { PortFacts, TunnelFacts } from "../../../../src/cli/doctor/facts.js";
import { plainLogin } from "../../../../src/config/plain-login.js";
import type { ServerExamination } from "../../../../src/openclaw/examine/report.js";
import type { HopReport, LoginReport } from "../../../../src/ssh/examine/examine-login.js";
import { since, tunnelStatus } from "../../fixtures/tunnel-status.js";

export const failure = (code: FailureCode, message = `it is ${code}`) => new Failure(code, message).report();

export const hop: HopReport = {
  alias: "vps",
  server: "me@vps:2222",
  knownAs: "[vps]:2222",
  proxyCommand: null,
  identities: [{ path: "/home/me/.ssh/id_ed25519", state: "usable", isTooOpen: false, inAgent: false, keyType: "ssh-ed25519" }],
  agent: null,
  knownHosts: [{ path: "/home/me/.ssh/known_hosts", exists: true }],
};

export const login: LoginReport = {
  target: "me@vps:2222",
  resolvedBy: "OpenSSH_9.2p1",
  notResolved: [],
  engine: "ssh2",
  engineReason: null,
  way: [hop],
  notHonoured: [],
  warnings: [],
  failure: null,
};

export const port: PortFacts = {
  bind: "127.0.0.1:18789",
  port: 18_789,
  isOurs: true,
  movedTo: null,
  failure: null,
  owner: null,
  twin: null,
};

export const server: ServerExamination = {
  forwards: [
    {
      to: "127.0.0.1:18789",
      port: 18_789,
      channel: null,
      isOpenAsLocalhost: false,
      health: { isOk: true, detail: "OpenClaw gateway live", failure: null, gateway: "live" },
    },
  ],
  listeners: {
    failure: null,
    found: [{ host: "127.0.0.1", port: 18_789, pid: 7, command: "node", user: "me", evidence: "" }],
    gatewayPort: 18_789,
    configFailure: null,
    gatewaysElsewhere: [],
  },
};

/** A tunnel to a gateway with which all is well, but for `changes`. */
export function tunnelFacts(changes: Partial<TunnelFacts> = {}): TunnelFacts {
  return {
    name: "openclaw",
    platform: "linux",
    nowMs: Date.parse(since) + 60_000,
    localUser: "me",
    isTunnel: true,
    daemon: {
      state: "running",
      ownVersion: "0.1.0",
      status: {
        pid: 4711,
        version: "0.1.0",
        startedAt: since,
        service: "none",
        crypto: "native",
        socket: "/run/control.sock",
        config: { path: "/config.json", failure: null },
        log: { path: "/log", failure: null },
        state: { path: "/state", failure: null },
      },
    },
    config: { path: "/config.json", failure: null },
    status: tunnelStatus({ name: "openclaw" }),
    history: null,
    sleeps: [],
    isServiceInstalled: true,
    ports: [port],
    isAppLocal: false,
    spec: plainLogin({ user: "me", host: "vps", port: 2222 }),
    login,
    way: { firstHop: "vps:2222", addresses: ["203.0.113.7"], greeting: "SSH-2.0-OpenSSH_9.2", failure: null, localForwards: [] },
    otherWays: [],
    session: { by: "tunnel", failure: null },
    server,
    expectsGateway: true,
    deepToken: null,
    exposure: { verdict: "clean", at: since, findings: [] },
    ...changes,
  };
}

export function commandsOf(diagnosis: Pick<Diagnosis, "todo"> | null | undefined): string[] {
  return diagnosis?.todo.flatMap(({ commands }) => commands) ?? [];
}
