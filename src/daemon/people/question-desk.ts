import { randomBytes } from "node:crypto";
import { onAbort } from "../../base/abort.js";
import { Failure } from "../../base/failure.js";
import { foreign } from "../../base/text.js";
import type { Question } from "../../ssh/person.js";
import { accountOf } from "./secrets.js";

/** sshd ends a log-in after two minutes (LoginGraceTime of OpenSSH); an answer has to be there before. */
export const answerMaxMs = 110_000;

/** Who asks, and is told when what it waits for has changed. */
export interface Asker {
  readonly onChange: () => void;
}

/** A question that is put to whoever is there, for all that wait for its answer. */
export interface OpenQuestion {
  readonly id: string;
  readonly question: Question;
  /** In the order in which they came. */
  readonly waiting: Set<Waiting>;
}

interface Waiting {
  readonly asker: Asker;
  readonly resolve: (answer: string) => void;
  readonly reject: (why: Error) => void;
}

/** The questions that wait for a person now. What several tunnels need to know is asked once. */
export class QuestionDesk {
  readonly #open = new Map<string, OpenQuestion>();

  /** Rejects with `needs-answer` when it is refused, or nobody answers in time. */
  async ask(asker: Asker, question: Question, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const open = this.alike(question) ?? this.#begin(question);
    return new Promise((resolve, reject) => {
      const leave = (settle: () => void) => {
        clearTimeout(timer);
        forget();
        open.waiting.delete(waiting);
        if (open.waiting.size === 0) this.#open.delete(open.id);
        settle();
        asker.onChange();
      };
      const waiting: Waiting = {
        asker,
        resolve: (answer) => leave(() => resolve(answer)),
        reject: (why) => leave(() => reject(why)),
      };
      const timer = setTimeout(() => waiting.reject(unanswered(question, `in ${answerMaxMs / 1000} s`)), answerMaxMs);
      const forget = onAbort(signal, () => waiting.reject(signal.reason));
      open.waiting.add(waiting);
      asker.onChange();
    });
  }

  /** The question that one answer would serve as well. A code is good for one log-in. */
  alike(question: Question): OpenQuestion | undefined {
    if (question.kind === "code") return undefined;
    return [...this.#open.values()].find((open) => accountOf(open.question) === accountOf(question));
  }

  /** The first that this one waits for: a person is asked one thing at a time. */
  of(asker: Asker): OpenQuestion | undefined {
    return [...this.#open.values()].find(({ waiting }) => [...waiting].some((each) => each.asker === asker));
  }

  answer(id: string, answer: string): void {
    for (const waiting of this.#get(id).waiting) waiting.resolve(answer);
  }

  /** The person will not answer. */
  refuse(id: string): void {
    const { question, waiting } = this.#get(id);
    for (const each of waiting) each.reject(unanswered(question, "when it was asked"));
  }

  /** The answer has turned up elsewhere. */
  settle(account: string, answer: string): void {
    for (const { id, question } of this.#open.values())
      if (question.kind !== "code" && accountOf(question) === account) this.answer(id, answer);
  }

  #begin(question: Question): OpenQuestion {
    const open: OpenQuestion = { id: randomBytes(8).toString("hex"), question, waiting: new Set() };
    this.#open.set(open.id, open);
    return open;
  }

  #get(id: string): OpenQuestion {
    const open = this.#open.get(id);
    if (open === undefined) throw new Failure("prompt-unknown", "nothing is being asked with this id");
    return open;
  }
}

function unanswered({ text }: Question, when: string): Failure {
  return new Failure("needs-answer", `the log-in asks "${foreign(text)}", and nobody answered ${when}`);
}
