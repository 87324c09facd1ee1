import type { AuthHandlerMiddleware, ParsedKey } from "ssh2";
import { Failure } from "../../base/failure.js";
import { formatServer } from "../../config/target.js";
import { describeCredential, orderCredentials } from "../credentials.js";
import type { HostConfig } from "../host-config.js";
import { listAgentKeys, SingleKeyAgent } from "./agent.js";
import { loadDefaultIdentities, loadNamedIdentities } from "./identities.js";

/** The keys for one log-in, ready to be offered; and what to say when none was accepted. */
export interface Authentication {
  readonly handler: AuthHandlerMiddleware;
  rejected(): Failure;
}

interface Offer {
  readonly label: string;
  readonly key: ParsedKey;
  readonly agentSocket: string | undefined;
}

/**
 * Gathers the keys of the user: named files, agent, default files. Throws `identity-unreadable`, `identity-locked`,
 * `agent-unavailable` or `no-credentials` when there is nothing to offer; then the server is not even asked.
 */
export async function prepareAuthentication(
  host: HostConfig,
  agentSocket: string | undefined,
  signal: AbortSignal,
): Promise<Authentication> {
  const named = await loadNamedIdentities(host.hasOwnIdentities ? host.identities : []);
  const agent = await agentKeys(agentSocket, signal);
  const defaults = named.length > 0 ? [] : await loadDefaultIdentities(host.identities);
  const files = new Map([...named, ...defaults].map((file) => [file.path, file]));
  const offers = orderCredentials(named, agent.keys, defaults).flatMap((credential): Offer[] => {
    const held = credential.source === "agent" ? agent.keys.find((key) => key.blob.equals(credential.blob)) : files.get(credential.path);
    if (held?.key === undefined) return [];
    return [{ label: describeCredential(credential), key: held.key, agentSocket: credential.source === "agent" ? agentSocket : undefined }];
  });
  const locked = named.find((file) => file.state === "locked" && !agent.keys.some((key) => file.blob?.equals(key.blob)));
  if (locked !== undefined) {
    const why = agentSocket === undefined || agent.failure !== undefined ? "there is no usable agent" : "is not in the agent";
    throw new Failure("identity-locked", `the identity ${locked.path} is encrypted and ${why}`, {
      hint: `Add the key to the agent: \`ssh-add ${locked.path}\`; then \`clawtunnel up\`.`,
    });
  }
  if (offers.length === 0) throw agent.failure ?? nothingToOffer(host, agentSocket);
  return authenticate(host, offers);
}

/** A missing agent is no error by itself: key files may do. It is told when there is nothing else. */
async function agentKeys(agentSocket: string | undefined, signal: AbortSignal) {
  if (agentSocket === undefined) return { keys: [], failure: undefined };
  try {
    return { keys: await listAgentKeys(agentSocket, signal), failure: undefined };
  } catch (error) {
    if (error instanceof Failure) return { keys: [], failure: error };
    throw error;
  }
}

function nothingToOffer(host: HostConfig, agentSocket: string | undefined): Failure {
  const agent = agentSocket === undefined ? "SSH_AUTH_SOCK is not set" : "the SSH agent holds no key";
  return new Failure(
    "no-credentials",
    `there is no key to offer to ${formatServer(host.server)}: ${agent}, and ~/.ssh has no usable id_ed25519, id_ecdsa or id_rsa`,
  );
}

function authenticate(host: HostConfig, offers: readonly Offer[]): Authentication {
  const username = host.server.user;
  const queue = [...offers];
  let accepted: readonly string[] = [];
  let isPartial = false;
  return {
    handler: (methodsLeft, partialSuccess, next) => {
      accepted = methodsLeft ?? accepted;
      isPartial ||= partialSuccess === true;
      const offer = methodsLeft === null || methodsLeft.includes("publickey") ? queue.shift() : undefined;
      if (offer === undefined) return next(false as never);
      if (offer.agentSocket === undefined) return next({ type: "publickey", username, key: offer.key as unknown as Buffer });
      return next({ type: "agent", username, agent: new SingleKeyAgent(offer.agentSocket, offer.key) });
    },
    rejected: () => {
      const where = formatServer(host.server);
      const offered = offers.slice(0, offers.length - queue.length).map((offer) => offer.label);
      const wants = accepted.length > 0 ? `; it accepts ${accepted.join(", ")}` : "";
      if (isPartial) return new Failure("auth-rejected", `${where} accepted the key but wants more: ${accepted.join(", ")}`);
      return new Failure("auth-rejected", `${where} refused ${offered.length === 0 ? "to look at keys" : offered.join(", ")}${wants}`);
    },
  };
}
