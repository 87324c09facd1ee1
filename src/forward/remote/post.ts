import { deadlineSignal, sleep } from "../../base/abort.js";
import { asFailure, type Failure } from "../../base/failure.js";
import type { RemoteListener, SshSession } from "../../ssh/session.js";
import { askAgainDelayMs } from "./ask-again.js";

/** A peer that is slower to answer is not waited for. */
const giveBackMaxMs = 1_000;

/** How a post is set up, and who is told what comes of it. */
export interface PostOrders {
  readonly listen: (session: SshSession, signal: AbortSignal) => Promise<RemoteListener>;
  /** Each time the server has answered. */
  readonly onAnswer: (answer: RemoteListener | Failure) => void;
}

/**
 * One forward's listener on the server of one session: asked for until the server grants it, or the session ends. A refusal
 * never hurts the session.
 */
export class Post {
  readonly session: SshSession;
  /** Resolves when the server has answered for the first time, or is not asked any more. */
  readonly answered: Promise<void>;
  #listener: RemoteListener | undefined;
  /** Why the server does not listen, as far as it has said. */
  failure: Failure | undefined;
  readonly #life = new AbortController();

  /** Asks as soon as `isFree` resolves: when what held the same bind has let go of it. */
  constructor(session: SshSession, isFree: Promise<void>, orders: PostOrders) {
    this.session = session;
    this.answered = new Promise((resolve) => {
      this.#life.signal.addEventListener("abort", () => resolve(), { once: true });
      void isFree.then(() => this.#ask(orders, resolve));
    });
    void session.ended.then(() => this.abandon());
  }

  get listener(): RemoteListener | undefined {
    return this.#life.signal.aborted ? undefined : this.#listener;
  }

  /** The session is gone, and with it the listener. */
  abandon(): void {
    this.#life.abort();
  }

  /** Has the server listen no more, on a session that goes on; resolves when it has done so, or after a moment. */
  async giveBack(): Promise<void> {
    const { listener } = this;
    this.abandon();
    if (listener === undefined) return;
    listener.close();
    const { signal, end } = deadlineSignal(giveBackMaxMs);
    // A server answers in the order in which it was asked, so by this answer it has stopped.
    await this.session.probe(signal).catch(() => {});
    end();
  }

  async #ask({ listen, onAnswer }: PostOrders, onFirst: () => void): Promise<void> {
    const { signal } = this.#life;
    for (let refusals = 1; !signal.aborted; refusals += 1) {
      const answer = await listen(this.session, signal).catch(asFailure);
      if (signal.aborted) {
        if (!(answer instanceof Error)) answer.close();
        return;
      }
      this.failure = answer instanceof Error ? answer : undefined;
      this.#listener = answer instanceof Error ? undefined : answer;
      onAnswer(answer);
      onFirst();
      if (!(answer instanceof Error) || !(await sleep(askAgainDelayMs(refusals), signal))) return;
    }
  }
}
