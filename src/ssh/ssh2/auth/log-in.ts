import type { AnyAuthMethod, AuthHandlerMiddleware } from "ssh2";
import { asFailure, Failure } from "../../../base/failure.js";
import { errorText } from "../../../base/system-error.js";
import { formatServer } from "../../../config/target.js";
import { accountAt, type HostConfig } from "../../host-config.js";
import { signatureFor } from "./key-types.js";
import { answerRound } from "./keyboard.js";
import type { FoundKey, FoundKeys } from "./keys.js";
import type { Questions } from "./questions.js";
import { namedAs, OneKeyAgent, Signer } from "./signer.js";
import { Tally } from "./tally.js";

/**
 * Logs in as OpenSSH does: method by method in the user's order, as far as the server accepts them (RFC 4252), each until it
 * is exhausted. Keys that nobody has to be asked for are offered at once; before anybody is asked, the server has to say what
 * it accepts.
 */
export class LogIn {
  readonly #host: HostConfig;
  readonly #found: FoundKeys;
  readonly #questions: Questions;
  readonly #giveUp: (failure: Failure) => void;
  readonly #signal: AbortSignal;
  readonly #tally: Tally;
  #methods: readonly string[];
  #keys: FoundKey[];
  #offered: FoundKey | undefined;
  /** What the server accepts; undefined until it has said so. */
  #accepted: readonly string[] | undefined;
  #passwordTries = 0;
  #keyboardTries = 0;
  /** A server may list keyboard-interactive and have nothing to ask. */
  #wasAsked = true;
  #locked: Failure | undefined;

  /** `giveUp` is called, once or more, when it cannot go on: nobody answers. */
  constructor(host: HostConfig, found: FoundKeys, questions: Questions, giveUp: (failure: Failure) => void, signal: AbortSignal) {
    this.#host = host;
    this.#found = found;
    this.#questions = questions;
    this.#giveUp = giveUp;
    this.#signal = signal;
    this.#tally = new Tally(formatServer(host.server));
    this.#methods = host.authMethods;
    this.#keys = [...found.keys];
  }

  /** The server refused what was tried last, or accepted it and wants more. */
  heard(accepted: readonly string[], isPartial: boolean): void {
    this.#accepted = accepted;
    this.#tally.heard(accepted, isPartial);
    this.#questions.judge(isPartial);
    // Keys that were refused before may be what it wants now; the one that it took is not.
    if (isPartial) this.#keys = this.#found.keys.filter((key) => key !== this.#offered);
  }

  readonly handler: AuthHandlerMiddleware = (accepted, _isPartial, next) => {
    this.#accepted ??= accepted ?? undefined;
    this.#next().then(
      (method) => next((method ?? false) as AnyAuthMethod),
      (error: unknown) => this.#giveUp(asFailure(error)),
    );
  };

  /** Why there was no way in. */
  rejected(): Failure {
    if (this.#locked !== undefined) return this.#after(this.#locked);
    if (!this.#tally.isEmpty || this.#found.keys.length > 0) return this.#tally.rejected();
    const wants = (this.#accepted ?? []).filter((method) => method !== "publickey");
    if (wants.length === 0) return this.#found.absence;
    const { code, message, hint } = this.#found.absence;
    return new Failure(code, `${message}; the server accepts also ${wants.join(", ")}`, { hint });
  }

  async #next(): Promise<AnyAuthMethod | undefined> {
    const username = this.#host.server.user;
    if (this.#accepted === undefined) {
      const key = this.#methods[0] === "publickey" && this.#asksNobody(this.#keys[0]) ? this.#keys.shift() : undefined;
      return key === undefined ? { type: "none", username } : this.#offer(key);
    }
    for (const method of this.#methods.filter((one) => this.#accepted?.includes(one))) {
      const way = await this.#by(method);
      if (way !== undefined) return way;
    }
    return undefined;
  }

  async #by(method: string): Promise<AnyAuthMethod | undefined> {
    const { server, passwordPrompts } = this.#host;
    if (method === "publickey") {
      const key = this.#keys.shift();
      return key === undefined ? undefined : this.#offer(key);
    }
    if (method === "password" && this.#passwordTries < passwordPrompts) {
      this.#passwordTries += 1;
      const account = accountAt(this.#host);
      const text = `${server.user}@${server.host}'s password:`;
      const password = await this.#ask(() => this.#questions.ask({ kind: "password", subject: account, text, isEchoed: false }));
      this.#tally.trying("the password");
      return { type: "password", username: server.user, password };
    }
    if (method === "keyboard-interactive" && this.#keyboardTries < passwordPrompts && this.#wasAsked) {
      this.#keyboardTries += 1;
      this.#wasAsked = false;
      return { type: "keyboard-interactive", username: server.user, prompt: this.#onRound };
    }
    return undefined;
  }

  readonly #onRound: (AnyAuthMethod & { type: "keyboard-interactive" })["prompt"] = (name, instructions, _language, prompts, finish) => {
    this.#wasAsked = true;
    this.#tally.trying("the answers to what it asked");
    this.#ask(() => answerRound({ name, instructions, prompts }, accountAt(this.#host), this.#questions)).then(finish, (error: unknown) =>
      this.#giveUp(asFailure(error)),
    );
  };

  /** What stands in the way is told after what was tried in vain before. */
  async #ask<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw error instanceof Failure ? this.#after(error) : error;
    }
  }

  #after({ code, message, hint, cause }: Failure): Failure {
    return new Failure(code, `${this.#tally.soFar()}${message}`, { hint, cause });
  }

  async #offer(found: FoundKey): Promise<AnyAuthMethod | undefined> {
    const { server, pubkeyAlgorithms, passwordPrompts } = this.#host;
    this.#offered = found;
    this.#tally.trying(found.label);
    const signer = new Signer(found, this.#questions, passwordPrompts, this.#signal);
    const key = await signer.publicHalf().catch((error: unknown) => this.#leave(error));
    if (key === undefined) return this.#next();
    const isSha512 = signatureFor(key.type, pubkeyAlgorithms) === "rsa-sha2-512";
    const agent = new OneKeyAgent(isSha512 ? namedAs(key, "rsa-sha2-512") : key, (data, hash) =>
      signer.sign(data, isSha512 ? "sha512" : hash).catch((error: unknown) => {
        this.#leave(error);
        throw error;
      }),
    );
    return { type: "agent", username: server.user, agent };
  }

  /** A key that cannot sign is passed over. */
  #leave(error: unknown): undefined {
    if (error instanceof Failure && error.code === "identity-locked") {
      this.#locked ??= error;
      this.#tally.forget();
    } else {
      this.#tally.gaveUp(`not signed: ${errorText(error)}`);
    }
    return undefined;
  }

  #asksNobody(found: FoundKey | undefined): boolean {
    return found?.publicHalf !== undefined;
  }
}
