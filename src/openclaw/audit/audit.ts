import { withDeadline } from "../../base/abort.js";
import { isoTime } from "../../base/clock.js";
import { asFailure, Failure } from "../../base/failure.js";
import { formatTarget } from "../../config/target.js";
import type { ForwardSpec, TunnelSpec } from "../../config/tunnel-spec.js";
import { checkThrough } from "../../health/check-forward.js";
import { endpointOf } from "../../ssh/names/endpoint-of.js";
import type { HostResolver } from "../../ssh/resolve/host-resolver.js";
import type { RemoteHost, SshSession } from "../../ssh/session.js";
import { type GatewayConfig, readGatewayConfig } from "../config/gateway-config.js";
import { lookAtListeners, type ServerListeners } from "../server/listeners.js";
import { type GatewayProcess, lookAtGatewayProcess } from "../server/process.js";
import { believe } from "./believe.js";
import type { AuditedPort, AuditFacts, Look, Reached } from "./facts.js";
import { judge, verdictOf } from "./judge.js";
import { portsToAudit } from "./ports.js";
import { lookFromHere } from "./reach.js";
import type { AuditReport, LayerReport } from "./report.js";
import { lookAtServer } from "./server-facts.js";

export interface AuditContext {
  /** Undefined when the tunnel is not up. */
  readonly server: SshSession | undefined;
  readonly resolver: Pick<HostResolver, "recall">;
  readonly profile: string | null;
  readonly nowMs: () => number;
}

/** For one command on the server. Two of them follow one another. */
const lookTimeoutMs = 10_000;

/** Whether what a tunnel leads to is exposed. Rejects with `usage` for one that has nothing to look at. */
export async function audit(spec: TunnelSpec, context: AuditContext, signal: AbortSignal): Promise<AuditReport> {
  const ports = portsToAudit(spec.forwards, (to) => endpointOf(to, context.server));
  if (ports.length === 0) {
    throw new Failure("usage", `the tunnel "${spec.name}" leads to nothing on its server's own loopback that could be looked at`);
  }
  return report(spec, context, await gather(spec, ports, context, signal));
}

async function gather(
  { name: tunnel, login, forwards }: TunnelSpec,
  ports: readonly AuditedPort[],
  { server: host, resolver, profile }: AuditContext,
  signal: AbortSignal,
): Promise<AuditFacts> {
  const isGateway = ports.some(({ role }) => role === "gateway");
  const ask = <T>(look: (host: RemoteHost, signal: AbortSignal) => Promise<T>) => lookOver(host, signal, look);
  const numbers = ports.map(({ port }) => port);
  const [isAnswering, seenListeners, seenReach, config] = await Promise.all([
    host !== undefined && answersThrough(forwards, host, signal),
    ask((server, deadline) => lookAtListeners(server, numbers, deadline)),
    lookFromHere(login, ports, resolver, signal),
    isGateway ? ask((server, deadline) => readGatewayConfig(server, profile, deadline)) : undefined,
  ]);
  const { listeners, reach } = believe({ ports, listeners: seenListeners, reach: seenReach, isAnswering });
  const pid = isGateway ? gatewayPid(ports, listeners) : null;
  const [process, server] = await Promise.all([
    pid === null ? undefined : ask((server, deadline) => lookAtGatewayProcess(server, pid, deadline)),
    ask((server, deadline) => lookAtServer(server, seenOf(config)?.file ?? null, deadline)),
  ]);
  return { tunnel, ports, listeners, reach, config, process: seenOf(process), server: seenOf(server) };
}

async function answersThrough(forwards: readonly ForwardSpec[], session: SshSession, signal: AbortSignal): Promise<boolean> {
  const own = forwards.filter((forward) => forward.kind === "local" && portsToAudit([forward], (to) => endpointOf(to, session)).length > 0);
  const results = await Promise.all(own.map((forward) => checkThrough(forward, session, signal)));
  return results.some(({ state }) => state === "ok");
}

/** What a session says no to is a look that was not possible, and no failure of the audit. */
async function lookOver<T>(
  host: RemoteHost | undefined,
  signal: AbortSignal,
  look: (host: RemoteHost, signal: AbortSignal) => Promise<T>,
): Promise<Look<T>> {
  if (host === undefined) return { notSeen: "the tunnel is not up" };
  const late = () => new Failure("exec-failed", `the server did not answer within ${lookTimeoutMs} ms`);
  try {
    return { seen: await withDeadline(lookTimeoutMs, signal, late, (deadline) => look(host, deadline)) };
  } catch (error) {
    const failure = asFailure(error);
    return { notSeen: failure.message, failure };
  }
}

function seenOf<T>(look: Look<T> | undefined): T | undefined {
  return look !== undefined && "seen" in look ? look.seen : undefined;
}

/** Docker's proxy only stands before the gateway. */
function gatewayPid(ports: readonly AuditedPort[], listeners: Look<ServerListeners>): number | null {
  const main = new Set(ports.filter(({ role }) => role === "gateway").map(({ port }) => port));
  const found = seenOf(listeners)?.listeners.find(
    ({ port, pid, command }) => main.has(port) && pid !== null && !/docker-proxy/.test(command ?? ""),
  );
  return found?.pid ?? null;
}

function report({ name, login }: TunnelSpec, { nowMs }: AuditContext, facts: AuditFacts): AuditReport {
  const { listeners, reach, config } = facts;
  const layers = {
    listeners: layerOf(listeners, (seen) => describeListeners(seen, facts.ports)),
    reach: layerOf(reach, describeReach),
    config:
      config === undefined
        ? { state: "not-needed" as const, detail: "no gateway to be explained" }
        : layerOf(config, (seen) => describeConfig(seen, facts.process)),
  };
  const findings = judge(facts);
  const verdict = verdictOf(layers, findings);
  const failure = verdict === "unknown" ? nothingSeen(facts).report() : null;
  return { tunnel: name, target: formatTarget(login.target), at: isoTime(nowMs()), verdict, layers, findings, failure };
}

function nothingSeen({ tunnel, listeners, reach }: AuditFacts): Failure {
  const [inside, outside] = [listeners, reach].map((look) => ("notSeen" in look ? look.notSeen : ""));
  const { code, hint } = ("notSeen" in listeners && listeners.failure) || new Failure("tunnel-down", "");
  return new Failure(code, `nothing could be looked at, neither on the server (${inside}) nor from here (${outside})`, {
    hint: hint.replaceAll("NAME", tunnel),
  });
}

function layerOf<T>(look: Look<T>, describe: (seen: T) => string): LayerReport {
  return "seen" in look ? { state: "looked", detail: describe(look.seen) } : { state: "could-not-look", detail: look.notSeen };
}

function describeListeners({ by, listeners }: ServerListeners, ports: readonly AuditedPort[]): string {
  const where = by === "proc" ? "/proc/net/tcp" : by;
  const numbers = ports.map(({ port }) => port).join(", ");
  if (listeners.length === 0) return `${where}: nothing listens on ${numbers}`;
  return `${where}: ${listeners.map(({ host, port }) => `${host.includes(":") ? `[${host}]` : host}:${port}`).join(", ")}`;
}

function describeReach(reached: readonly Reached[]): string {
  return [...new Set(reached.map(({ address }) => address))]
    .map((address) => {
      const here = reached.filter((each) => each.address === address);
      const open = here.filter(({ answer }) => answer !== "nothing").map(({ port }) => port);
      const ports = here.map(({ port }) => port).join(", ");
      return open.length === 0 ? `${address}: no answer from here on ${ports}` : `${address}: answers from here on ${open.join(", ")}`;
    })
    .join("; ");
}

function describeConfig({ file, exists, bind, authMode }: GatewayConfig, process: GatewayProcess | undefined): string {
  const flag = process?.bindFlag == null ? "" : `, started with --bind ${process.bindFlag}`;
  if (!exists) return `${file} does not exist: everything is at its default${flag}`;
  return `${file}: bind ${bind ?? "not set"}, auth ${authMode ?? "not set"}${flag}`;
}
