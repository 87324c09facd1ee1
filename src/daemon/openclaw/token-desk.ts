import type { Clock } from "../../base/clock.js";
import { Failure } from "../../base/failure.js";
import type { TokenKeeper } from "../../health/openclaw/deep/deep-watch.js";
import type { Question } from "../../ssh/person.js";
import type { Asker } from "../people/question-desk.js";
import { accountOf } from "../people/secrets.js";
import type { PeopleContext } from "../people/tunnel-people.js";

/** Whoever waits at `up` has gone after this long. */
const attendedMs = 60_000;

/** A gateway's token: in memory and in the system's keyring once it was right, and asked of whoever attends to the tunnel before that. */
export class TokenDesk implements TokenKeeper {
  readonly #tunnel: string;
  readonly #people: PeopleContext;
  readonly #asker: Asker;
  readonly #clock: Clock;
  #attendedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(tunnel: string, people: PeopleContext, asker: Asker, clock: Clock) {
    this.#tunnel = tunnel;
    this.#people = people;
    this.#asker = asker;
    this.#clock = clock;
  }

  attend(): void {
    this.#attendedUntilMs = this.#clock.monotonicMs() + attendedMs;
  }

  async find(isWrong: boolean, signal: AbortSignal): Promise<string | undefined> {
    const { secrets } = this.#people;
    const isAttended = this.#clock.monotonicMs() < this.#attendedUntilMs;
    if (isWrong && isAttended) secrets.doubt(accountOf(this.#question));
    const kept = await secrets.find(accountOf(this.#question), true, signal);
    return kept ?? (isAttended ? this.#askPerson({ ...this.#question, isRepeated: isWrong }, signal) : undefined);
  }

  keep(token: string): void {
    this.#people.secrets.keep(accountOf(this.#question), token, true);
  }

  get #question(): Question {
    return { kind: "password", subject: `gateway ${this.#tunnel}`, text: "token:", isEchoed: false, isRepeated: false };
  }

  async #askPerson(question: Question, signal: AbortSignal): Promise<string | undefined> {
    const { desk, log } = this.#people;
    // Once for each `up`.
    this.#attendedUntilMs = Number.NEGATIVE_INFINITY;
    log.info(
      { event: "prompt.asked", tunnel: this.#tunnel, purpose: "password", subject: question.subject },
      "the deep check asks for the gateway's token",
    );
    try {
      return (await desk.ask(this.#asker, question, signal)).trim() || undefined;
    } catch (error) {
      if (error instanceof Failure || signal.aborted) return undefined;
      throw error;
    }
  }
}
