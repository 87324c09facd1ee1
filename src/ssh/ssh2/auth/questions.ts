import type { LogInDeadline } from "../../log-in-deadline.js";
import type { Person, Question } from "../../person.js";

/** What one log-in asks of a person. Remembers which answers were wrong, so that none is given twice by a memory. */
export class Questions {
  readonly #person: Person;
  readonly #deadline: LogInDeadline;
  readonly #signal: AbortSignal;
  readonly #given = new Set<string>();
  readonly #wrong = new Set<string>();

  constructor(person: Person, deadline: LogInDeadline, signal: AbortSignal) {
    this.#person = person;
    this.#deadline = deadline;
    this.#signal = signal;
  }

  /** Rejects as `Person.ask` does. The time it takes is not the server's. */
  async ask(question: Omit<Question, "isRepeated">): Promise<string> {
    const id = `${question.kind} ${question.subject}`;
    const isRepeated = this.#wrong.has(id);
    const answer = await this.wait(() => this.#person.ask({ ...question, isRepeated }, this.#signal));
    this.#given.add(id);
    return answer;
  }

  /** Waits for somebody who may have to ask a person: an agent, for instance. */
  async wait<T>(work: () => Promise<T>): Promise<T> {
    const resume = this.#deadline.pause();
    try {
      return await work();
    } finally {
      resume();
    }
  }

  /** Whether what was answered since the last verdict was right. */
  judge(isRight: boolean): void {
    for (const id of this.#given) {
      if (isRight) this.#wrong.delete(id);
      else this.#wrong.add(id);
    }
    this.#given.clear();
  }
}
