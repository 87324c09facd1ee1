import ssh2, { type KnownPublicKeys, type ParsedKey, type SignCallback, type SigningRequestOptions } from "ssh2";
import { withDeadline } from "../../../base/abort.js";
import { Failure } from "../../../base/failure.js";
import { errorText } from "../../../base/system-error.js";
import { hintForLocked } from "../../person.js";
import { signByAgent } from "../agent.js";
import { unlock } from "./key-files.js";
import type { FoundKey } from "./keys.js";
import { signWithLocked } from "./locked-key.js";
import type { Questions } from "./questions.js";

/** An agent may have to ask for a touch, or for a yes (`ssh-add -c`); one that hangs must not hang the tunnel. */
const agentPatienceMs = 60_000;

/** Signs for one key, and asks for its passphrase only when it has to. */
export class Signer {
  readonly #found: FoundKey;
  readonly #questions: Questions;
  readonly #triesMax: number;
  readonly #signal: AbortSignal;
  #unlocked: ParsedKey | undefined;

  constructor(found: FoundKey, questions: Questions, triesMax: number, signal: AbortSignal) {
    this.#found = found;
    this.#questions = questions;
    this.#triesMax = triesMax;
    this.#signal = signal;
  }

  /** Rejects with `identity-locked` when the file has to be unlocked for it and is not. */
  async publicHalf(): Promise<ParsedKey> {
    if (this.#found.publicHalf !== undefined) return this.#found.publicHalf;
    // Only the old PEM form hides its public half, and that is opened in no time.
    this.#unlocked = await this.#open(async (contents, passphrase) => unlock(contents, passphrase));
    return this.#unlocked;
  }

  async sign(data: Buffer, hash: SigningRequestOptions["hash"]): Promise<Buffer> {
    const { signer, publicHalf } = this.#found;
    if (signer.kind === "agent" && publicHalf !== undefined) return this.#signByAgent(signer.socketPath, publicHalf, data, hash);
    const key = signer.kind === "file" ? signer.key : this.#unlocked;
    if (key === undefined) return this.#open((contents, passphrase) => signWithLocked(contents, passphrase, data, hash, this.#signal));
    const signature: Buffer | Error = key.sign(data, hash);
    if (signature instanceof Error) throw signature;
    return signature;
  }

  #signByAgent(socketPath: string, key: ParsedKey, data: Buffer, hash: SigningRequestOptions["hash"]): Promise<Buffer> {
    const timedOut = () => new Error(`no answer within ${agentPatienceMs} ms`);
    return this.#questions.wait(() =>
      withDeadline(agentPatienceMs, this.#signal, timedOut, () => signByAgent(socketPath, key, data, hash)),
    );
  }

  /** What `use` makes of the file with the right passphrase; undefined from it means that it was a wrong one. */
  async #open<T>(use: (contents: Buffer, passphrase: string) => Promise<T | undefined>): Promise<T> {
    const { signer } = this.#found;
    if (signer.kind !== "locked-file") throw new Error("there is nothing to unlock");
    const { path, contents } = signer;
    for (let tries = 0; tries < this.#triesMax; tries += 1) {
      const text = `Enter passphrase for key '${path}':`;
      const passphrase = await this.#questions
        .ask({ kind: "passphrase", subject: path, text, isEchoed: false })
        .catch((error: unknown) => Promise.reject(this.#signal.aborted ? error : lockedFailure(path, errorText(error), error)));
      const used = await use(contents, passphrase);
      this.#questions.judge(used !== undefined);
      if (used !== undefined) return used;
    }
    throw lockedFailure(path, "none of the passphrases given opens it");
  }
}

/**
 * An agent with one key. ssh2 asks an agent to sign only after the server has said that it would accept the key, and lets it
 * take its time; a key of its own it would have to have in full before.
 */
export class OneKeyAgent extends ssh2.BaseAgent<ParsedKey> {
  readonly #key: ParsedKey;
  readonly #sign: (data: Buffer, hash: SigningRequestOptions["hash"]) => Promise<Buffer>;

  constructor(key: ParsedKey, sign: (data: Buffer, hash: SigningRequestOptions["hash"]) => Promise<Buffer>) {
    super();
    this.#key = key;
    this.#sign = sign;
  }

  override getIdentities(callback: (error?: Error | null, keys?: KnownPublicKeys<ParsedKey>) => void): void {
    callback(null, [this.#key]);
  }

  override sign(_key: ParsedKey, data: Buffer, options: SigningRequestOptions | SignCallback, callback?: SignCallback): void {
    const [hash, done] = typeof options === "function" ? [undefined, options] : [options.hash, callback];
    this.#sign(data, hash).then(
      (signature) => done?.(null, signature),
      (error: unknown) => done?.(error instanceof Error ? error : new Error(errorText(error))),
    );
  }
}

/** A key under the name of another signature: ssh2 takes an RSA key's for SHA-256 where the server has that. */
export function namedAs(key: ParsedKey, signature: string): ParsedKey {
  return Object.create(key, { type: { value: signature } }) as ParsedKey;
}

function lockedFailure(path: string, why: string, cause?: unknown): Failure {
  return new Failure("identity-locked", `the identity ${path} is encrypted, and no agent has it: ${why}`, {
    hint: hintForLocked(path),
    cause,
  });
}
