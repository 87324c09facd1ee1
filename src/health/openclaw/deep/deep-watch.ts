import type { Endpoint } from "../../../base/address.js";
import type { Clock } from "../../../base/clock.js";
import { asFailure, type Failure } from "../../../base/failure.js";
import type { Logger } from "../../../base/logger.js";
import type { DeepSpec } from "../../../config/tunnel-spec.js";
import type { DialService } from "../../result.js";
import type { DeepSeen } from "../gateway-seen.js";
import { type DeepAnswer, refused } from "./answer.js";
import { checkDeep } from "./deep-check.js";
import { type DeepPast, isDeepDue } from "./pace.js";
import { printOf, tokenInEnv, tokenInFile } from "./token.js";

/** Keeps a gateway's token where nobody reads it: the system's keyring, and a person who may be asked for it. */
export interface TokenKeeper {
  /** A person waits at a terminal from now on, for a moment. */
  attend(): void;
  /** Undefined when there is none and nobody answers. `isWrong`: the one that is kept was refused, and whoever is there may give another. */
  find(isWrong: boolean, signal: AbortSignal): Promise<string | undefined>;
  /** The gateway has taken it. */
  keep(token: string): void;
}

export interface DeepContext {
  readonly tunnel: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly env: NodeJS.ProcessEnv;
  readonly tokens: TokenKeeper;
}

/** The deep checks of one gateway: rare, and none after a refusal until something changes. */
export class DeepWatch {
  readonly #spec: DeepSpec;
  readonly #context: DeepContext;
  #past: DeepPast | undefined;
  #checkedAtMs: number | null = null;
  /** Whether the gateway refused the token, when it was asked last. */
  #isTokenWrong = false;
  /** Nobody gave the token that the keyring does not have. */
  #isUnanswered = false;

  constructor(spec: DeepSpec, context: DeepContext) {
    this.#spec = spec;
    this.#context = context;
  }

  /** The next check is due now. */
  forget(): void {
    this.#past = undefined;
    this.#isUnanswered = false;
  }

  get failure(): Failure | undefined {
    const answer = this.#past?.answer;
    return answer?.state === "failing" ? answer.failure : undefined;
  }

  get seen(): DeepSeen | null {
    if (this.#isUnanswered)
      return this.#tell("stopped", `no token is kept for this gateway: give it in a terminal, \`clawtunnel up ${this.#context.tunnel}\``);
    const answer = this.#past?.answer;
    if (answer === undefined) return null;
    if (answer.state === "ok") return this.#tell("ok", "the gateway takes the token", answer.protocol);
    return this.#tell(answer.againInMs === null ? "stopped" : "failing", answer.failure.message);
  }

  /** Asks the gateway if it is time to. Resolves with its bootId when it was asked and said one. Rejects never: what is wrong is in `failure`. */
  async ask(to: Endpoint, dial: DialService, signal: AbortSignal): Promise<string | undefined> {
    const { clock, tokens } = this.#context;
    if (this.#spec.token.kind === "keyring" && !this.#isKeyringDue()) return undefined;
    const token = await this.#token(signal);
    if (signal.aborted) return undefined;
    this.#isUnanswered = token === undefined && this.#past === undefined;
    if (token === undefined) return undefined;
    const print = typeof token === "string" ? printOf(token) : null;
    if (typeof token === "string" && !isDeepDue(this.#past, print, this.#spec.everyMs, clock.monotonicMs())) return undefined;
    const answer = typeof token === "string" ? await this.#check(to, dial, token, signal) : refused(token);
    if (answer === undefined) return undefined;
    this.#note(answer, print);
    if (answer.state !== "ok") return undefined;
    if (this.#spec.token.kind === "keyring" && typeof token === "string") tokens.keep(token);
    return answer.bootId ?? undefined;
  }

  /** A locked keyring asks its owner each time. */
  #isKeyringDue(): boolean {
    const past = this.#past;
    return !this.#isUnanswered && isDeepDue(past, past?.tokenPrint ?? null, this.#spec.everyMs, this.#context.clock.monotonicMs());
  }

  async #check(to: Endpoint, dial: DialService, token: string, signal: AbortSignal): Promise<DeepAnswer | undefined> {
    try {
      return await checkDeep(to, dial, token, signal);
    } catch {
      // The session ended meanwhile, or the watch: that is no answer.
      return undefined;
    }
  }

  #note(answer: DeepAnswer, tokenPrint: string | null): void {
    const { clock, log, tunnel } = this.#context;
    const [before, now] = [this.failure?.code, answer.state === "failing" ? answer.failure : undefined];
    if (now !== undefined && now.code !== before) log.warn({ event: "gateway.deep-check", tunnel, code: now.code }, now.message);
    this.#past = { answer, atMs: clock.monotonicMs(), tokenPrint };
    this.#checkedAtMs = clock.nowMs();
    this.#isTokenWrong = now?.code === "gateway-token-wrong";
  }

  /** Why it is not to be had, as a Failure; undefined when only a person could tell it. */
  async #token(signal: AbortSignal): Promise<string | Failure | undefined> {
    const { env, tokens } = this.#context;
    const { token } = this.#spec;
    try {
      switch (token.kind) {
        case "env":
          return tokenInEnv(token.name, env);
        case "file":
          return await tokenInFile(token.path);
        case "keyring":
          return await tokens.find(this.#isTokenWrong, signal);
      }
    } catch (error) {
      return asFailure(error);
    }
  }

  #tell(state: DeepSeen["state"], detail: string, protocol: number | null = null): DeepSeen {
    return { state, detail, checkedAtMs: this.#checkedAtMs, protocol };
  }
}
