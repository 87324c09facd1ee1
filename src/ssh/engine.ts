import { stat } from "node:fs/promises";
import type { LoginSpec } from "../config/tunnel-spec.js";
import type { HostConfig } from "./host-config.js";
import { resolveHost } from "./resolve/resolve-host.js";
import type { ConnectContext, LoginFacts, SshEngine, SshSession, Surroundings } from "./session.js";
import { listAgentKeys } from "./ssh2/agent.js";
import { ssh2Engine } from "./ssh2/engine.js";

/** Resolves a target as the user's ssh does, and logs in by the engine that can do what it asks for. */
export const sshEngine: SshEngine = { connect, surroundings };

async function connect(login: LoginSpec, context: ConnectContext, signal: AbortSignal): Promise<SshSession> {
  const host = await resolveHost(login, signal);
  context.onResolved(factsOf(host));
  const session = await ssh2Engine.connect(host, login, context, signal);
  context.person.accepted();
  return session;
}

function factsOf(host: HostConfig): LoginFacts {
  const first = host.jumps[0] ?? host;
  return {
    engine: "ssh2",
    engineReason: null,
    server: host.server,
    firstHop: host.proxyCommand === null ? first.server : null,
    keepalive: host.keepalive,
    warnings: host.hostKeyPolicy === "no" ? ["host keys are not checked (StrictHostKeyChecking no)"] : [],
  };
}

/** Everything outside of the config that a log-in depends on, as texts that change when it does. Never rejects: what is missing is a state too. */
async function surroundings(login: LoginSpec, agentSocket: string | undefined, signal: AbortSignal): Promise<Surroundings> {
  try {
    const host = await resolveHost(login, signal);
    const [files, agent, knownHosts, sshConfig] = await Promise.all([
      describeFiles(host.identities.flatMap((path) => [path, `${path}.pub`])),
      describeAgent(agentSocket, signal),
      describeFiles([...host.userKnownHosts, ...host.globalKnownHosts]),
      describeFiles(host.files),
    ]);
    return { keys: `${files} ${agent}`, knownHosts, sshConfig };
  } catch {
    return { keys: "none", knownHosts: "none", sshConfig: "none" };
  }
}

async function describeFiles(paths: readonly string[]): Promise<string> {
  const described = paths.map((path) =>
    stat(path).then(
      ({ ino, size, mtimeMs, mode }) => `${ino}:${size}:${mtimeMs}:${mode}`,
      () => "none",
    ),
  );
  return (await Promise.all(described)).join(" ");
}

async function describeAgent(socketPath: string | undefined, signal: AbortSignal): Promise<string> {
  if (socketPath === undefined) return "none";
  try {
    return (await listAgentKeys(socketPath, signal)).map(({ blob }) => blob.toString("base64")).join(" ");
  } catch {
    return "none";
  }
}
