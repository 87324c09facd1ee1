import type { ParsedKey } from "ssh2";
import { Failure } from "../../../base/failure.js";
import { formatServer } from "../../../config/target.js";
import type { HostConfig } from "../../host-config.js";
import { type AgentKey, listAgentKeys } from "../agent.js";
import { describeCredential, orderCredentials } from "./credentials.js";
import { type LoadedIdentity, loadIdentities, publicKeyOf } from "./key-files.js";
import { signatureFor } from "./key-types.js";

/** A key that can be offered, with whoever can sign for it. */
export interface FoundKey {
  /** For sentences: the file's path, or the agent's comment. */
  readonly label: string;
  /** Undefined: the file has to be unlocked before the server can be told which key it is. */
  readonly publicHalf: ParsedKey | undefined;
  readonly signer:
    | { readonly kind: "agent"; readonly socketPath: string }
    | { readonly kind: "file"; readonly key: ParsedKey }
    | { readonly kind: "locked-file"; readonly path: string; readonly contents: Buffer };
}

export interface FoundKeys {
  /** In the order in which they are to be offered. */
  readonly keys: readonly FoundKey[];
  /** What to say when nothing else is left to try than keys, and there are none. */
  readonly absence: Failure;
}

/**
 * Gathers the keys of the user: named files, agent, default files. Rejects with `identity-unreadable`, `agent-unavailable` or
 * `no-credentials` when there is nothing to offer and nothing else that could log in; then the server is not even asked.
 */
export async function findKeys(host: HostConfig, agentSocket: string | undefined, signal: AbortSignal): Promise<FoundKeys> {
  const [files, agent] = await Promise.all([loadIdentities(host.identities), agentKeys(agentSocket, signal)]);
  const [named, defaults] = host.hasOwnIdentities ? [files.files, []] : [[], files.files];
  const ordered = orderCredentials({ named, agent: agent.keys, defaults, identitiesOnly: host.identitiesOnly });
  const keys = ordered.flatMap((credential): FoundKey[] => {
    const label = describeCredential(credential);
    if (credential.source === "agent") {
      const key = agent.keys.find(({ blob }) => blob.equals(credential.blob))?.key;
      return key === undefined || agentSocket === undefined
        ? []
        : [{ label, publicHalf: key, signer: { kind: "agent", socketPath: agentSocket } }];
    }
    return fromFile(
      label,
      files.files.find(({ path }) => path === credential.path),
    );
  });
  const usable = keys.filter(
    ({ publicHalf }) => publicHalf === undefined || signatureFor(publicHalf.type, host.pubkeyAlgorithms) !== undefined,
  );
  const unusable = host.hasOwnIdentities ? (files.failures[0] ?? privateHalfMissing(named)) : undefined;
  if (usable.length === 0 && unusable !== undefined) throw unusable;
  const absence = agent.failure ?? nothingToOffer(host, agentSocket, keys);
  if (usable.length === 0 && !host.authMethods.some((method) => method !== "publickey")) throw absence;
  return { keys: usable, absence };
}

function fromFile(label: string, file: LoadedIdentity | undefined): FoundKey[] {
  if (file?.key !== undefined) return [{ label, publicHalf: file.key, signer: { kind: "file", key: file.key } }];
  if (file?.contents === undefined) return [];
  const publicHalf = file.blob === undefined ? undefined : publicKeyOf(file.blob);
  return [{ label, publicHalf, signer: { kind: "locked-file", path: file.path, contents: file.contents } }];
}

/** A missing agent is no error by itself: key files may do. It is told when there is nothing else. */
async function agentKeys(
  agentSocket: string | undefined,
  signal: AbortSignal,
): Promise<{ keys: readonly AgentKey[]; failure: Failure | undefined }> {
  if (agentSocket === undefined) return { keys: [], failure: undefined };
  try {
    return { keys: await listAgentKeys(agentSocket, signal), failure: undefined };
  } catch (error) {
    if (error instanceof Failure) return { keys: [], failure: error };
    throw error;
  }
}

function privateHalfMissing(named: readonly LoadedIdentity[]): Failure | undefined {
  const file = named.find(({ state }) => state === "public");
  if (file === undefined) return undefined;
  return new Failure("identity-unreadable", `cannot use the identity ${file.path}: it holds no private key, and no agent has it`);
}

function nothingToOffer(host: HostConfig, agentSocket: string | undefined, refused: readonly FoundKey[]): Failure {
  const where = formatServer(host.server);
  if (refused.length > 0) {
    const labels = refused.map(({ label }) => label).join(", ");
    return new Failure("no-credentials", `PubkeyAcceptedAlgorithms allows none of the keys for ${where}: ${labels}`);
  }
  const agent = agentSocket === undefined ? "no SSH agent was found" : "the SSH agent holds no key";
  const files = host.identitiesOnly ? "IdentitiesOnly allows no other" : "~/.ssh has no usable id_ed25519, id_ecdsa or id_rsa";
  return new Failure("no-credentials", `there is no key to offer to ${where}: ${agent}, and ${files}`);
}
