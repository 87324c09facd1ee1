import { type Endpoint, formatEndpoint } from "../../base/address.js";
import { asFailure, Failure } from "../../base/failure.js";
import { isNamed } from "../../config/destination.js";
import { loginsOf } from "../../config/targets-of.js";
import type { LoginSpec } from "../../config/tunnel-spec.js";
import { runScript } from "../../openclaw/server/run-script.js";
import { forwardsOfKey } from "../../ssh/keys/restricted-line.js";
import type { SshSession } from "../../ssh/session.js";
import { unattended } from "../../ssh/unattended.js";
import type { ManagedTunnel } from "../managed-tunnel.js";

/** Rejects when a log-in with the key in this file alone cannot do what the tunnel's forwards need, or can run a command. */
export async function proveKey({ engine, runner }: ManagedTunnel, identity: string, signal: AbortSignal): Promise<void> {
  const { spec, facts, logins } = runner;
  const login = loginsOf(spec)[facts.targetIndex] ?? spec.login;
  const context = { ...unattended, acceptedHostKeys: logins.acceptedHostKeys };
  const session = await engine.connect(withKeyAlone(login, identity), context, signal);
  try {
    if (await mayRunCommands(session, signal)) throw new Failure("exec-failed", "the log-in may run commands, so another key let it in");
    for (const forward of forwardsOfKey(spec))
      if (forward.kind === "local" && !isNamed(forward.to)) await mayOpen(session, forward.to, signal);
  } finally {
    session.close();
  }
}

/** The first of two options of a name wins, as in ssh_config. */
function withKeyAlone(login: LoginSpec, identity: string): LoginSpec {
  return { ...login, identities: [identity], options: ["IdentitiesOnly=yes", ...login.options] };
}

/** Refused by sshd it is `forwarding-prohibited`; a service that is down was asked all the same. */
async function mayOpen(session: SshSession, to: Endpoint, signal: AbortSignal): Promise<void> {
  try {
    (await session.dial(to, signal)).destroy();
  } catch (error) {
    const { code } = asFailure(error);
    if (code !== "service-refused" && code !== "service-unreachable")
      throw new Failure("forwarding-prohibited", `it may not open ${formatEndpoint(to)}`, { cause: error });
  }
}

/** Refused, or answered by the command that the line forces, which says nothing. */
async function mayRunCommands(session: SshSession, signal: AbortSignal): Promise<boolean> {
  try {
    await runScript(session, "", signal);
    return true;
  } catch (error) {
    if (asFailure(error).code === "exec-refused") return false;
    throw error;
  }
}
