import { withDeadline } from "../../base/abort.js";
import { formatEndpoint, isSocketPath } from "../../base/address.js";
import { asFailure, Failure, type FailureReport } from "../../base/failure.js";
import { openclawPort } from "../../config/defaults.js";
import type { ForwardSpec } from "../../config/tunnel-spec.js";
import { checkThrough } from "../../health/check-forward.js";
import type { SshSession } from "../../ssh/session.js";
import { readGatewayConfig } from "../config/gateway-config.js";
import { lookAtListeners } from "../server/listeners.js";
import type { ForwardExamination, ListenersExamination, ServerExamination } from "./report.js";

const channelMaxMs = 5_000;
const lookMaxMs = 10_000;

/**
 * Where else a gateway may be when it is not where the forward leads: its usual port, that of `--dev`; and what stands beside
 * one and is none: its sandbox and its browser control (openclaw 2026.9.6).
 */
const neighbours = [openclawPort, 19_001, 18_790, 18_791];

/** Looks at everything behind a session: a real channel for each forward, what answers there, and what listens. Never rejects. */
export async function examineServer(session: SshSession, specs: readonly ForwardSpec[], signal: AbortSignal): Promise<ServerExamination> {
  const ways = specs.filter(({ kind }) => kind !== "remote");
  const ports = ways.flatMap((spec) => (spec.kind === "local" && !isSocketPath(spec.to) ? [spec.to.port] : []));
  const hasGateway = ways.some(({ health }) => health.check.kind === "openclaw");
  const [forwards, listeners] = await Promise.all([
    Promise.all(ways.map((spec) => examineForward(spec, session, signal))),
    ports.length === 0 ? null : examineListeners(session, ports, hasGateway, signal),
  ]);
  return { forwards, listeners };
}

async function examineForward(spec: ForwardSpec, session: SshSession, signal: AbortSignal): Promise<ForwardExamination> {
  const to = spec.kind === "local" ? formatEndpoint(spec.to) : null;
  const channel = spec.kind === "local" ? await openChannel(spec.to, session, signal) : null;
  if (channel !== null) {
    const isForbidden = channel.code === "forwarding-prohibited" && spec.kind === "local" && !isSocketPath(spec.to);
    const twin = isForbidden && spec.to.host === "127.0.0.1" ? { host: "localhost", port: spec.to.port } : undefined;
    const isOpenAsLocalhost = twin !== undefined && (await openChannel(twin, session, signal))?.code !== "forwarding-prohibited";
    return { to, channel, isOpenAsLocalhost, health: null };
  }
  const result = await checkThrough(spec, session, signal);
  const failure = result.state === "ok" ? null : result.failure.report();
  return {
    to,
    channel,
    isOpenAsLocalhost: false,
    health: { isOk: result.state === "ok", detail: result.detail, failure, gateway: result.gateway?.state ?? null },
  };
}

/** As a client of the forward would. */
async function openChannel(to: Parameters<SshSession["dial"]>[0], session: SshSession, signal: AbortSignal): Promise<FailureReport | null> {
  const silent = () =>
    new Failure("service-unreachable", `the server opened no channel to ${formatEndpoint(to)} within ${channelMaxMs} ms`);
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
  hasGateway: boolean,
  signal: AbortSignal,
): Promise<ListenersExamination> {
  const tooLong = () => new Failure("exec-failed", `the server has not said within ${lookMaxMs} ms what listens there`);
  try {
    return await withDeadline(lookMaxMs, signal, tooLong, async (deadline) => {
      const config = hasGateway ? await readPort(session, deadline) : { gatewayPort: null, configFailure: null };
      const wanted = new Set([...ports, ...(config.gatewayPort === null ? [] : [config.gatewayPort]), ...(hasGateway ? neighbours : [])]);
      const { listeners } = await lookAtListeners(session, [...wanted], deadline);
      return { failure: null, found: listeners, ...config };
    });
  } catch (error) {
    return { failure: asFailure(error).report(), found: [], gatewayPort: null, configFailure: null };
  }
}

/** Who may not run a command is told so by the look at the listeners. */
async function readPort(session: SshSession, signal: AbortSignal): Promise<Pick<ListenersExamination, "gatewayPort" | "configFailure">> {
  try {
    return { gatewayPort: (await readGatewayConfig(session, null, signal)).port, configFailure: null };
  } catch (error) {
    return { gatewayPort: null, configFailure: asFailure(error).code };
  }
}
