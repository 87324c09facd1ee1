import ssh2, { type BaseAgent, type KnownPublicKeys, type ParsedKey, type SignCallback, type SigningRequestOptions } from "ssh2";
import { onAbort, withDeadline } from "../../base/abort.js";
import { Failure } from "../../base/failure.js";
import { errorText } from "../../base/system-error.js";
import type { Credential } from "../credentials.js";

type AgentKey = Credential & { readonly source: "agent" } & { readonly key: ParsedKey };

/** An agent on the same machine answers in milliseconds; one that hangs must not hang the tunnel. */
const agentTimeoutMs = 3_000;

/** Where Windows' own OpenSSH agent listens. */
const windowsAgentPipe = "\\\\.\\pipe\\openssh-ssh-agent";

/** The agent of this process's environment. */
export function agentSocketOf(env: NodeJS.ProcessEnv): string | undefined {
  return env.SSH_AUTH_SOCK || (process.platform === "win32" ? windowsAgentPipe : undefined);
}

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

/** An agent that shows exactly one of its keys, so that each key is offered once and in our order. */
export class SingleKeyAgent extends ssh2.BaseAgent<ParsedKey> {
  readonly #key: ParsedKey;
  readonly #socketPath: string;

  constructor(socketPath: string, key: ParsedKey) {
    super();
    this.#socketPath = socketPath;
    this.#key = key;
  }

  override getIdentities(callback: (error?: Error | null, keys?: KnownPublicKeys<ParsedKey>) => void): void {
    callback(null, [this.#key]);
  }

  override sign(key: ParsedKey, data: Buffer, options: SigningRequestOptions | SignCallback, callback?: SignCallback): void {
    const agent = ssh2.createAgent(this.#socketPath);
    if (typeof options === "function") agent.sign(key, data, options);
    else agent.sign(key, data, options, callback);
  }
}
