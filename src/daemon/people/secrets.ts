import type { Forgotten } from "../../api/contract.js";
import { deadlineSignal } from "../../base/abort.js";
import type { Logger } from "../../base/logger.js";
import { errorText } from "../../base/system-error.js";
import type { Question } from "../../ssh/person.js";
import type { Keyring } from "./keyring.js";

/** A locked keyring may ask its owner first. */
const keyringMaxMs = 30_000;

/** Whose secret a question is about: the same for every tunnel that needs it, and the account's name in the keyring. */
export function accountOf({ kind, subject }: Pick<Question, "kind" | "subject">): string {
  return `${kind} ${subject}`;
}

/** Answers that were right: in memory until the daemon ends, and in the system's keyring where a tunnel's config wants that. */
export class Secrets {
  /** Why the keyring could not be had, when it was last wanted. */
  keyringFailure: string | null = null;
  readonly #keyring: Keyring;
  readonly #log: Logger;
  readonly #memory = new Map<string, string>();
  /** What the keyring has, as far as it was asked. */
  readonly #stored = new Map<string, string>();
  /** Accounts whose kept answer did not do: not even the keyring is believed until another one was right. */
  readonly #doubted = new Set<string>();
  readonly #listeners = new Set<(account: string, answer: string) => void>();

  constructor(keyring: Keyring, log: Logger) {
    this.#keyring = keyring;
    this.#log = log;
  }

  async find(account: string, usesKeyring: boolean, signal: AbortSignal): Promise<string | undefined> {
    if (this.#doubted.has(account)) return undefined;
    const remembered = this.#memory.get(account);
    if (remembered !== undefined || !usesKeyring) return remembered;
    const kept = await this.#ask((limit) => this.#keyring.read(account, limit), signal);
    if (kept !== undefined) this.#stored.set(account, kept);
    return kept;
  }

  /** It was right. Whoever waits for it is told. */
  keep(account: string, answer: string, usesKeyring: boolean): void {
    const isNews = this.#memory.get(account) !== answer;
    this.#doubted.delete(account);
    this.#memory.set(account, answer);
    if (usesKeyring && this.#stored.get(account) !== answer) void this.#store(account, answer);
    if (isNews) for (const listener of this.#listeners) listener(account, answer);
  }

  /** It was not right: it is given to nobody again. */
  doubt(account: string): void {
    this.#memory.delete(account);
    this.#doubted.add(account);
  }

  /** Everything, also what the keyring has of clawtunnel's. Returns whose answers they were. */
  async forget(): Promise<Forgotten> {
    const remembered = [...this.#memory.keys()];
    for (const known of [this.#memory, this.#stored, this.#doubted]) known.clear();
    const stored = await this.#ask((limit) => this.#keyring.clear(limit));
    return { accounts: [...new Set([...remembered, ...(stored ?? [])])], keyringFailure: this.keyringFailure };
  }

  /** Returns the way to stop it. */
  onKept(listener: (account: string, answer: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #store(account: string, answer: string): Promise<void> {
    this.#stored.set(account, answer);
    const isWritten = await this.#ask((limit) => this.#keyring.write(account, answer, limit).then(() => true));
    if (isWritten === undefined) this.#stored.delete(account);
  }

  /** Undefined when the keyring cannot be had, which is told once: the log-in does not depend on it. */
  async #ask<T>(work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T | undefined> {
    const limit = deadlineSignal(keyringMaxMs, signal);
    try {
      const result = await work(limit.signal);
      this.keyringFailure = null;
      return result;
    } catch (error) {
      if (signal?.aborted) return undefined;
      const failure = errorText(error);
      if (failure !== this.keyringFailure) this.#log.warn({ event: "keyring.unavailable" }, keyringWarning(failure));
      this.keyringFailure = failure;
      return undefined;
    } finally {
      limit.end();
    }
  }
}

export function keyringWarning(failure: string): string {
  return `the system's keyring cannot be had (${failure}): answers are kept in memory only, until the daemon ends`;
}
