import { withDeadline } from "../../base/abort.js";
import { isSocketPath } from "../../base/address.js";
import { asFailure, Failure, type FailureReport } from "../../base/failure.js";
import { formatDestination, type GatewayPort } from "../../config/destination.js";
import { isGatewayForward } from "../../config/is-gateway-forward.js";
import { browserControlPort, devPort, openclawPort, sandboxPort } from "../../config/openclaw-port.js";
import type { ForwardSpec, LocalForwardSpec, TunnelSpec } from "../../config/tunnel-spec.js";
import { checkThrough } from "../../health/check-forward.js";
import { endpointOf } from "../../ssh/names/endpoint-of.js";
import type { SshSession } from "../../ssh/session.js";
import { readGatewayConfig } from "../config/gateway-config.js";
import { lookAtListeners } from "../server/listeners.js";
import type { ForwardExamination, ListenersExamination, ServerExamination } from "./report.js";

const channelMaxMs = 5_000;
const lookMaxMs = 10_000;

/** Where else a gateway may be when it is not where the forward leads, and what is taken for one. A profile's gateway is none of these. */
const neighbours = [openclawPort, devPort, sandboxPort, browserControlPort];

/** Looks at everything behind a session: a real channel for each forward, what answers there, and what listens. Never rejects. */
export async function examineServer(
  session: SshSession,
  { forwards: specs, gatewayProfile }: Pick<TunnelSpec, "forwards" | "gatewayProfile">,
  signal: AbortSignal,
): Promise<ServerExamination> {
  const ways = specs.filter(({ kind }) => kind !== "remote");
  const gateway = ways.find(isGatewayForward);
  // First, because a name leads nowhere before it was dialled.
  const forwards = await Promise.all(ways.map((spec) => examineForward(spec, session, signal)));
  const ports = forwards.flatMap(({ port }) => (port === null ? [] : [port]));
  if (ports.length === 0 && gateway === undefined) return { forwards, listeners: null };
  const listeners = await examineListeners(session, ports, gateway && { profile: gatewayProfile }, signal);
  const isMissing = forwards.some(({ channel, health }) => channel !== null || health?.failure?.code === "gateway-not-there");
  if (gateway === undefined || !isMissing) return { forwards, listeners };
  const others = [...new Set(listeners.found.map(({ port }) => port))].filter((port) => !ports.includes(port));
  return { forwards, listeners: { ...listeners, gatewaysElsewhere: await findGateways(others, gateway, session, signal) } };
}

/** The port alone says little: another program may have it. */
async function findGateways(ports: readonly number[], spec: LocalForwardSpec, session: SshSession, signal: AbortSignal): Promise<number[]> {
  const answers = await Promise.all(
    ports.map(async (port) => {
      const { state } = await checkThrough({ ...spec, to: { host: "127.0.0.1", port } }, session, signal);
      return state === "ok" ? [port] : [];
    }),
  );
  return answers.flat();
}

function portOf(spec: ForwardSpec, session: SshSession): number | null {
  const to = spec.kind === "local" ? endpointOf(spec.to, session) : undefined;
  return to === undefined || isSocketPath(to) ? null : to.port;
}

async function examineForward(spec: ForwardSpec, session: SshSession, signal: AbortSignal): Promise<ForwardExamination> {
  const to = spec.kind === "local" ? formatDestination(spec.to) : null;
  const channel = spec.kind === "local" ? await openChannel(spec.to, session, signal) : null;
  const port = portOf(spec, session);
  if (channel !== null) {
    const dialled = spec.kind === "local" && channel.code === "forwarding-prohibited" ? endpointOf(spec.to, session) : undefined;
    const isLocal = dialled !== undefined && !isSocketPath(dialled) && dialled.host === "127.0.0.1";
    const twin = isLocal ? { host: "localhost", port: dialled.port } : undefined;
    const isOpenAsLocalhost = twin !== undefined && (await openChannel(twin, session, signal))?.code !== "forwarding-prohibited";
    return { to, port, channel, isOpenAsLocalhost, health: null };
  }
  const result = await checkThrough(spec, session, signal);
  const failure = result.state === "ok" ? null : result.failure.report();
  return {
    to,
    port,
    channel,
    isOpenAsLocalhost: false,
    health: { isOk: result.state === "ok", detail: result.detail, failure, gateway: result.gateway?.state ?? null },
  };
}

/** As a client of the forward would. */
async function openChannel(to: Parameters<SshSession["dial"]>[0], session: SshSession, signal: AbortSignal): Promise<FailureReport | null> {
  const silent = () =>
    new Failure("service-unreachable", `the server opened no channel to ${formatDestination(to)} within ${channelMaxMs} ms`);
  try {
    const channel = await withDeadline(channelMaxMs, signal, silent, (deadline) => session.dial(to, deadline));
    channel.on("error", () => {}).destroy();
    return null;
  } catch (error) {
    return asFailure(error).report();
  }
}

async function examineListeners(
  session: SshSession,
  ports: readonly number[],
  gateway: GatewayPort | undefined,
  signal: AbortSignal,
): Promise<ListenersExamination> {
  const tooLong = () => new Failure("exec-failed", `the server has not said within ${lookMaxMs} ms what listens there`);
  try {
    return await withDeadline(lookMaxMs, signal, tooLong, async (deadline) => {
      const config = gateway ? await readPort(session, gateway, deadline) : { gatewayPort: null, configFailure: null };
      const wanted = new Set([
        ...ports,
        ...(config.gatewayPort === null ? [] : [config.gatewayPort]),
        ...(gateway?.profile === null ? neighbours : []),
      ]);
      const { listeners } = await lookAtListeners(session, [...wanted], deadline);
      return { failure: null, found: listeners, ...config, gatewaysElsewhere: [] };
    });
  } catch (error) {
    return { failure: asFailure(error).report(), found: [], gatewayPort: null, configFailure: null, gatewaysElsewhere: [] };
  }
}

/** Who may not run a command is told so by the look at the listeners. */
async function readPort(
  session: SshSession,
  { profile }: GatewayPort,
  signal: AbortSignal,
): Promise<Pick<ListenersExamination, "gatewayPort" | "configFailure">> {
  try {
    return { gatewayPort: (await readGatewayConfig(session, profile, signal)).port, configFailure: null };
  } catch (error) {
    return { gatewayPort: null, configFailure: asFailure(error).report() };
  }
}
