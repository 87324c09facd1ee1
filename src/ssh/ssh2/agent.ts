import ssh2, { type BaseAgent, type KnownPublicKeys, type ParsedKey, type SignCallback, type SigningRequestOptions } from "ssh2";
import { onAbort, withDeadline } from "../../base/abort.js";
import { Failure } from "../../base/failure.js";
import { errorText } from "../../base/system-error.js";
import type { Credential } from "./auth/credentials.js";

export type AgentKey = Credential & { readonly source: "agent" } & { readonly key: ParsedKey };

/** An agent on the same machine answers in milliseconds; one that hangs must not hang the tunnel. */
const agentTimeoutMs = 3_000;

/** The keys an agent holds. Throws `agent-unavailable`. */
export async function listAgentKeys(socketPath: string, signal: AbortSignal): Promise<AgentKey[]> {
  const unavailable = (why: string) => new Failure("agent-unavailable", `the SSH agent at ${socketPath} cannot be used: ${why}`);
  const keys = await withDeadline(
    agentTimeoutMs,
    signal,
    () => unavailable(`no answer within ${agentTimeoutMs} ms`),
    (deadline) =>
      new Promise<KnownPublicKeys | undefined>((resolve, reject) => {
        const agent = ssh2.createAgent(socketPath);
        closeStreamOnAbort(agent, deadline);
        agent.getIdentities((error, found) => (error ? reject(unavailable(errorText(error))) : resolve(found)));
      }),
  );
  return (keys ?? []).flatMap((found) => {
    const key = ssh2.utils.parseKey(found as ParsedKey | Buffer);
    if (key instanceof Error) return [];
    return [{ source: "agent" as const, comment: key.comment, blob: key.getPublicSSH(), key }];
  });
}

/** ssh2 closes its connection to an agent only when that answers; one that hangs would cost a socket at every retry. */
function closeStreamOnAbort(agent: BaseAgent, signal: AbortSignal): void {
  const getStream = agent.getStream?.bind(agent);
  if (getStream === undefined) return;
  agent.getStream = (callback) =>
    getStream((error, stream) => {
      onAbort(signal, () => stream?.destroy());
      callback(error, stream);
    });
}

/** A signature by the agent. `hash` is for RSA keys: SHA-1 unless it says otherwise. */
export function signByAgent(socketPath: string, key: ParsedKey, data: Buffer, hash: SigningRequestOptions["hash"]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const done: SignCallback = (error, signature) => {
      if (error) reject(error);
      else resolve(Buffer.from(signature ?? []));
    };
    ssh2.createAgent(socketPath).sign(key, data, hash === undefined ? {} : { hash }, done);
  });
}
