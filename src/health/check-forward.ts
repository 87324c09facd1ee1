import { withDeadline } from "../base/abort.js";
import { formatEndpoint } from "../base/address.js";
import { Failure } from "../base/failure.js";
import type { ForwardSpec } from "../config/tunnel-spec.js";
import type { Forward } from "../forward/forward.js";
import { dialHere } from "../forward/remote/dial-here.js";
import type { SshSession } from "../ssh/session.js";
import { checkService } from "./check.js";
import { failing, type HealthResult } from "./result.js";

export type CheckForward = (forward: Forward, session: SshSession, signal: AbortSignal) => Promise<HealthResult>;

/** Whether a forward does what it is for: somebody listens, the server answers, and so does the service. Never throws. */
export async function checkForward(forward: Forward, session: SshSession, signal: AbortSignal): Promise<HealthResult> {
  const { spec } = forward;
  const { timeoutMs } = spec.health;
  const undecided = () =>
    spec.kind === "remote"
      ? new Failure("remote-bind-refused", `the server has not said within ${timeoutMs} ms whether it listens`)
      : new Failure("port-busy", `${formatEndpoint(spec.bind)} could not be listened on within ${timeoutMs} ms`);
  try {
    await withDeadline(timeoutMs, signal, undecided, () => forward.listens());
  } catch (error) {
    return failing(error);
  }
  switch (spec.kind) {
    case "local":
    case "dynamic":
      return checkThrough(spec, session, signal);
    case "remote": {
      const server = await checkThrough(spec, session, signal);
      return server.state === "ok" ? checkService(spec.health, spec.to, (deadline) => dialHere(spec.to, deadline), signal) : server;
    }
  }
}

/**
 * Whether a session leads where a forward needs it to: to the service of a local forward; for the others to the server itself,
 * as a dynamic forward has no one service, and that of a remote one is on this side. Never throws.
 */
export async function checkThrough(spec: ForwardSpec, session: SshSession, signal: AbortSignal): Promise<HealthResult> {
  const { health } = spec;
  if (spec.kind === "local") return checkService(health, spec.to, (deadline) => session.dial(spec.to, deadline), signal);
  const silent = () => new Failure("peer-silent", `the server gave no answer within ${health.timeoutMs} ms`);
  try {
    await withDeadline(health.timeoutMs, signal, silent, (deadline) => session.probe(deadline));
    return { state: "ok", detail: spec.kind === "dynamic" ? "the server answers" : `the server listens at ${formatEndpoint(spec.bind)}` };
  } catch (error) {
    return failing(error);
  }
}
