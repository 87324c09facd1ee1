import { onAbort } from "../../base/abort.js";
import { asFailure } from "../../base/failure.js";
import { timingDefaults } from "../../config/defaults.js";
import type { LoginSpec } from "../../config/tunnel-spec.js";
import { socketFor } from "../agent/find-agent.js";
import type { HostConfig } from "../host-config.js";
import { HostKeyCheck } from "../host-keys/host-key-check.js";
import type { ConnectContext, HostEngine, HostSession } from "../session.js";
import { type FoundKeys, findKeys } from "./auth/keys.js";
import { logInOver } from "./log-in-over.js";
import { type OpenJump, openWay, type Way } from "./way.js";

/** The in-process engine, on the ssh2 package. */
export const ssh2Engine: HostEngine = {
  name: "ssh2",
  connect: (host, login, context, signal) => connectBy(host, host, login, context, signal),
};

/** The way to the server, the keys and known_hosts do not need each other, so they are made ready side by side. */
async function connectBy(host: HostConfig, way: Way, login: LoginSpec, context: ConnectContext, signal: AbortSignal): Promise<HostSession> {
  const timeoutMs = login.connectTimeoutMs ?? host.connectTimeoutMs ?? timingDefaults.connectTimeoutMs;
  const agentSocket = socketFor(host.agent, context.agentSocket);
  const abort = new AbortController();
  const forget = onAbort(signal, () => abort.abort(signal.reason));
  const openJump: OpenJump = (jump, wayToJump) => connectBy(jump, wayToJump, login, context, abort.signal);
  const lineTask = openWay(host, way, openJump, agentSocket, timeoutMs, abort.signal);
  try {
    const [line, keys, hostKey] = await Promise.all([lineTask, keysFor(host, agentSocket, abort.signal), HostKeyCheck.load(host)]);
    return await logInOver(line, host, { timeoutMs, keys, hostKey }, context, abort.signal);
  } catch (error) {
    abort.abort();
    lineTask.then((line) => line.destroy()).catch(() => {});
    throw asFailure(error);
  } finally {
    forget();
  }
}

async function keysFor(host: HostConfig, agentSocket: string | undefined, signal: AbortSignal): Promise<FoundKeys> {
  // Without keys the agent is not even looked for.
  const isWanted = host.authMethods.includes("publickey");
  return findKeys(isWanted ? host : { ...host, identities: [] }, isWanted ? agentSocket : undefined, signal);
}
