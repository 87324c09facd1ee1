import { connect } from "node:net";
import { onAbort } from "../../base/abort.js";
import { keyTypeOf } from "../keys/public-key.js";
import { WireReader } from "../wire.js";

/** A key that an agent holds, of whatever kind: a library that knows fewer kinds would not show them all. */
export interface AgentIdentity {
  /** For instance `ssh-ed25519`, `sk-ssh-ed25519@openssh.com` or `ssh-rsa-cert-v01@openssh.com`. Empty for what is no key. */
  readonly keyType: string;
  readonly blob: Buffer;
  readonly comment: string;
}

/** draft-ietf-sshm-ssh-agent: SSH_AGENTC_REQUEST_IDENTITIES and its answer. */
const request = Buffer.from([0, 0, 0, 1, 11]);
const answerType = 12;
/** An agent with more keys than this is none. */
const maxBytes = 1024 * 1024;
/** An agent on the same machine answers in milliseconds. */
const timeoutMs = 1_500;

/** The keys that the agent at a unix socket, or a Windows pipe, holds. Undefined when none answers there as an agent does. */
export function listIdentities(socketPath: string, signal: AbortSignal): Promise<AgentIdentity[] | undefined> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const chunks: Buffer[] = [];
    const finish = (found: AgentIdentity[] | undefined) => {
      clearTimeout(timer);
      forget();
      socket.destroy();
      resolve(found);
    };
    const timer = setTimeout(() => finish(undefined), timeoutMs);
    const forget = onAbort(signal, () => finish(undefined));
    socket.on("error", () => finish(undefined));
    socket.once("close", () => finish(undefined));
    socket.once("connect", () => socket.write(request));
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      const answer = Buffer.concat(chunks);
      const length = answer.length < 4 ? 0 : answer.readUInt32BE(0);
      if (length > maxBytes) finish(undefined);
      else if (length > 0 && answer.length >= 4 + length) finish(readAnswer(answer.subarray(4, 4 + length)));
    });
  });
}

/** Undefined for an answer that is none. Pure. */
export function readAnswer(answer: Buffer): AgentIdentity[] | undefined {
  const reader = new WireReader(answer.subarray(1));
  const count = reader.u32();
  if (answer[0] !== answerType || count === undefined) return undefined;
  const identities: AgentIdentity[] = [];
  while (identities.length < count) {
    const [blob, comment] = [reader.string(), reader.string()];
    if (blob === undefined || comment === undefined) return undefined;
    identities.push({ keyType: keyTypeOf(blob) ?? "", blob, comment: comment.toString("utf8") });
  }
  return identities;
}
