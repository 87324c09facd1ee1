import { randomBytes } from "node:crypto";
import type { Failure } from "../../base/failure.js";
import type { Logger } from "../../base/logger.js";
import { foreign, printable } from "../../base/text.js";
import { nobody, type Person, type Question } from "../../ssh/person.js";
import type { TunnelState } from "../../tunnel/state.js";
import type { NoticePrompt, SecretPrompt } from "../../tunnel/status.js";
import type { Asker, QuestionDesk } from "./question-desk.js";
import { accountOf, keyringWarning, type Secrets } from "./secrets.js";

export interface PeopleContext {
  readonly secrets: Secrets;
  readonly desk: QuestionDesk;
  readonly log: Logger;
}

export interface TunnelPeopleContext extends PeopleContext {
  readonly tunnel: string;
  /** Whether the tunnel's config permits the system's keyring. */
  readonly usesKeyring: () => boolean;
  /** Called when `status` shows another prompt. */
  readonly onChange: () => void;
  /** An answer is known now that nobody gave when it was asked for. */
  readonly onAnswerable: () => void;
}

/** What a server wants asked is shown in full, but not without end. */
const textMaxLength = 1_000;

/** Who answers for one tunnel: what is remembered, the keyring, and a person as long as one attends to it. */
export class TunnelPeople implements Asker {
  /** A person waits at a terminal for what becomes of the tunnel. */
  isAttended = false;
  readonly onChange: () => void;
  readonly #context: TunnelPeopleContext;
  readonly #notices = new Map<string, string>();
  /** What the last log-in was given, and has not proved right yet. */
  #given = new Map<string, string>();
  /** What nobody answered in the last log-in. */
  readonly #missed = new Set<string>();
  #stopListening: (() => void) | undefined;

  constructor(context: TunnelPeopleContext) {
    this.#context = context;
    this.onChange = context.onChange;
  }

  /** For one log-in. */
  begin(): Person {
    const given = new Map<string, string>();
    this.#given = given;
    return {
      ask: (question, signal) => this.#ask(question, given, signal),
      tell: (notice) => this.#tell(notice),
      accepted: () => {
        for (const [account, answer] of given) this.#context.secrets.keep(account, answer, this.#context.usesKeyring());
        given.clear();
      },
    };
  }

  /** The state has changed: nobody attends to a tunnel that does not log in any more. */
  follow(state: TunnelState): void {
    const failure = failureOf(state);
    if (failure?.code === "auth-rejected") this.#doubtPasswords();
    if (state.phase !== "held") this.#forgetMissed();
    if (isLoggingIn(state)) return;
    this.isAttended = false;
    this.#notices.clear();
  }

  get prompt(): SecretPrompt | NoticePrompt | null {
    const open = this.#context.desk.of(this);
    if (open !== undefined) {
      const { id, question } = open;
      const { kind: purpose, subject, isEchoed, isRepeated } = question;
      return { id, kind: "secret", purpose, subject, text: shown(question.text), isEchoed, isRepeated };
    }
    const [notice] = this.#notices;
    return notice === undefined ? null : { id: notice[0], kind: "notice", text: shown(notice[1]) };
  }

  get warnings(): string[] {
    const { secrets, usesKeyring } = this.#context;
    return usesKeyring() && secrets.keyringFailure !== null ? [keyringWarning(secrets.keyringFailure)] : [];
  }

  async #ask(question: Question, given: Map<string, string>, signal: AbortSignal): Promise<string> {
    const account = accountOf(question);
    if (question.kind === "code") return this.#askPerson(question, signal);
    // The jump host and the server may take the same key: its passphrase is asked for once.
    const before = question.kind === "passphrase" && !question.isRepeated ? given.get(account) : undefined;
    given.delete(account);
    if (question.isRepeated) this.#context.secrets.doubt(account);
    const known = before ?? (await this.#context.secrets.find(account, this.#context.usesKeyring(), signal));
    signal.throwIfAborted();
    const answer = known ?? (await this.#askPerson(question, signal));
    given.set(account, answer);
    return answer;
  }

  async #askPerson(question: Question, signal: AbortSignal): Promise<string> {
    const { desk, log, tunnel } = this.#context;
    const { kind, subject } = question;
    try {
      if (!this.isAttended && desk.alike(question) === undefined) return await nobody.ask(question, signal);
      log.info({ event: "prompt.asked", tunnel, purpose: kind, subject }, `the log-in asks: ${foreign(question.text)}`);
      const answer = await desk.ask(this, question, signal);
      log.info({ event: "prompt.answered", tunnel, purpose: kind, subject }, "a person answered");
      return answer;
    } catch (error) {
      if (!signal.aborted && kind !== "code") this.#miss(accountOf(question));
      throw error;
    }
  }

  #tell(notice: string): () => void {
    const id = randomBytes(8).toString("hex");
    this.#notices.set(id, notice);
    this.onChange();
    return () => {
      if (this.#notices.delete(id)) this.onChange();
    };
  }

  /** Another tunnel may be told this answer; then this one can go on as well. */
  #miss(account: string): void {
    this.#missed.add(account);
    this.#stopListening ??= this.#context.secrets.onKept((kept) => {
      if (this.#missed.has(kept)) this.#context.onAnswerable();
    });
  }

  #forgetMissed(): void {
    this.#missed.clear();
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  /** A server that refuses a password ends the log-in without asking again, and must not get the same one on the next. */
  #doubtPasswords(): void {
    for (const account of this.#given.keys()) if (account.startsWith("password ")) this.#context.secrets.doubt(account);
    this.#given.clear();
  }
}

function shown(text: string): string {
  return printable(text.slice(0, textMaxLength)).trim();
}

function isLoggingIn(state: TunnelState): boolean {
  switch (state.phase) {
    case "connecting":
    case "waiting":
      return true;
    case "up":
      return state.renewal !== null && state.renewal.failure === null;
    case "stopped":
    case "held":
      return false;
  }
}

/** Of the log-in that has just ended. */
function failureOf(state: TunnelState): Failure | undefined {
  if (state.phase === "held") return state.failure;
  return state.phase === "up" ? (state.renewal?.failure ?? undefined) : undefined;
}
