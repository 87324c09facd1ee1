import { stat } from "node:fs/promises";
import type { LoginSpec } from "../../config/tunnel-spec.js";
import type { Surroundings } from "../session.js";
import { listAgentKeys } from "./agent.js";
import { defaultIdentityPaths } from "./identities.js";

/** Everything outside of the config that a log-in depends on, as texts that change when it does. Never throws: what is missing is a state too. */
export async function readSurroundings(login: LoginSpec, agentSocket: string | undefined, signal: AbortSignal): Promise<Surroundings> {
  const identities = login.identities.length > 0 ? login.identities : defaultIdentityPaths();
  const [files, agent, knownHosts] = await Promise.all([
    describeFiles(identities.flatMap((path) => [path, `${path}.pub`])),
    describeAgent(agentSocket, signal),
    describeFiles([...login.knownHosts, ...login.globalKnownHosts]),
  ]);
  return { keys: `${files} ${agent}`, knownHosts };
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
