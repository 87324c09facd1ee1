import type { HistoryReport } from "../../api/history.js";
import type { FailureReport } from "../../base/failure.js";
import { formatTarget } from "../../config/target.js";
import { loginsOf } from "../../config/targets-of.js";
import type { LoginSpec, TokenSource, TunnelSpec } from "../../config/tunnel-spec.js";
import { ownUserName } from "../../forward/port-owner/listening-process.js";
import type { ServerExamination } from "../../openclaw/examine/report.js";
import { examineLogin, type LoginReport } from "../../ssh/examine/examine-login.js";
import { examineWay, type WayReport } from "../../ssh/examine/examine-way.js";
import type { TunnelStatus } from "../../tunnel/status.js";
import type { CliContext } from "../define-command.js";
import type { ConfigFacts, DaemonFacts, SessionFacts, TunnelFacts } from "./facts.js";
import { layerOf } from "./failure-layers.js";
import type { Subject } from "./find-subjects.js";
import { failureAt } from "./judge-way.js";
import { logInOnce } from "./log-in-once.js";
import { lookAtPorts } from "./look-at-ports.js";

/** What is the same for every tunnel that is looked at. */
export interface Surroundings {
  readonly daemon: DaemonFacts;
  readonly config: ConfigFacts;
  readonly history: HistoryReport | null;
  readonly isServiceInstalled: boolean;
  readonly isAppLocal: boolean;
  /** One log-in after the other: many at once is what servers turn away. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Gathers what is to be known of one tunnel, no farther than the way is whole. Never rejects. */
export async function examineTunnel(
  { name, spec, isTunnel, status }: Subject,
  around: Surroundings,
  { daemon, signal }: Pick<CliContext, "daemon" | "signal">,
): Promise<TunnelFacts & { readonly login: LoginReport }> {
  const isRunning = around.daemon.state === "running";
  const daemonPid = around.daemon.state === "running" ? around.daemon.status.pid : null;
  const [{ login, way, otherWays }, ports] = await Promise.all([
    passable(spec, signal),
    isTunnel ? lookAtPorts(spec, status, daemonPid) : [],
  ]);
  const report = await examineLogin(login, process.env.SSH_AUTH_SOCK, signal);
  const facts: TunnelFacts & { readonly login: LoginReport } = {
    name,
    platform: process.platform,
    nowMs: Date.now(),
    localUser: ownUserName(),
    isTunnel,
    daemon: around.daemon,
    config: around.config,
    status,
    history: around.history?.tunnels.find((tunnel) => tunnel.name === name) ?? null,
    sleeps: around.history?.sleeps ?? [],
    isServiceInstalled: around.isServiceInstalled,
    ports,
    isAppLocal: around.isAppLocal,
    spec: login,
    login: report,
    way,
    otherWays,
    session: sessionOf(status),
    server: null,
    expectsGateway: spec.forwards.some(({ health }) => health.check.kind === "openclaw"),
    deepToken: deepTokenOf(spec),
    exposure: status?.exposure ?? null,
  };
  if (isRunning && status?.phase === "up") return { ...facts, server: await daemon.examine(name).catch(() => null) };
  return mayLogIn(facts) ? { ...facts, ...(await around.inTurn(() => look(facts, spec, signal))) } : facts;
}

function deepTokenOf({ forwards }: TunnelSpec): TokenSource | null {
  const checks = forwards.map(({ health: { check } }) => (check.kind === "openclaw" ? (check.deep?.token ?? null) : null));
  return checks.find((token) => token !== null) ?? null;
}

interface Passable {
  readonly login: LoginSpec;
  readonly way: WayReport;
  readonly otherWays: TunnelFacts["otherWays"];
}

/** The first of the tunnel's targets to which the way is whole, or else the preferred one. */
async function passable(spec: TunnelSpec, signal: AbortSignal): Promise<Passable> {
  const preferred = spec.login;
  const preferredWay = await examineWay(preferred, signal);
  if (preferredWay.failure === null) return { login: preferred, way: preferredWay, otherWays: [] };
  const otherWays: { target: string; failure: FailureReport }[] = [];
  for (const login of loginsOf(spec).slice(1)) {
    const way = await examineWay(login, signal);
    if (way.failure === null) return { login, way, otherWays: [] };
    otherWays.push({ target: formatTarget(login.target), failure: way.failure });
  }
  return { login: preferred, way: preferredWay, otherWays };
}

async function look(
  { spec: login, session }: TunnelFacts,
  { forwards, gatewayProfile }: TunnelSpec,
  signal: AbortSignal,
): Promise<{ readonly session: SessionFacts | null; readonly server: ServerExamination | null }> {
  if (login === null) return { session, server: null };
  const { failure, server } = await logInOnce(login, { forwards, gatewayProfile }, process.env.SSH_AUTH_SOCK, signal);
  return { session: { by: "doctor", failure }, server };
}

/** What the tunnel's own log-in came to; null where none is known. */
function sessionOf(status: TunnelStatus | null): SessionFacts | null {
  if (status?.phase === "up") return { by: "tunnel", failure: null };
  return status?.failure == null ? null : { by: "tunnel", failure: status.failure };
}

/**
 * A server that has refused a log-in is not asked again, and one that cannot be reached, or that the tunnel is about to try, need
 * not be. What fails only after the log-in has to be seen by one that stands.
 */
function mayLogIn(facts: TunnelFacts): boolean {
  const { session, login, ports, config, way, isTunnel, status } = facts;
  const isUnsaid = isTunnel && status === null && config.failure !== null;
  const isBroken = isUnsaid || ports.some(({ failure, movedTo }) => failure !== null && movedTo === null);
  if (isBroken || way?.failure != null || login?.failure != null) return false;
  if (session?.failure == null) return true;
  return layerOf(session.failure.code) === "forwarding" && failureAt("ssh-port", facts) === null;
}
