import { onAbort } from "../../base/abort.js";

interface Work<T> {
  readonly outcome: Promise<T>;
  readonly abort: AbortController;
  waiting: number;
}

/** Work that several ask for at once is done once, and ended when nobody waits for it any more. No more than `max` at a time. */
export class SharedWork<T> {
  readonly #max: number;
  readonly #underWay = new Map<string, Work<T>>();
  readonly #queue: (() => void)[] = [];
  #running = 0;

  constructor(max: number) {
    this.#max = max;
  }

  async share(key: string, work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const shared = this.#underWay.get(key) ?? this.#begin(key, work);
    shared.waiting++;
    let forget = () => {};
    const aborted = new Promise<never>((_, reject) => {
      forget = onAbort(signal, () => reject(signal.reason));
    });
    try {
      return await Promise.race([shared.outcome, aborted]);
    } finally {
      forget();
      if (--shared.waiting === 0) {
        this.#forget(key, shared);
        shared.abort.abort();
      }
    }
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<T>): Work<T> {
    const abort = new AbortController();
    const shared: Work<T> = { abort, waiting: 0, outcome: this.#inTurn(() => work(abort.signal)) };
    this.#underWay.set(key, shared);
    const end = () => this.#forget(key, shared);
    shared.outcome.then(end, end);
    return shared;
  }

  #forget(key: string, shared: Work<T>): void {
    if (this.#underWay.get(key) === shared) this.#underWay.delete(key);
  }

  async #inTurn(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#max) await new Promise<void>((resolve) => void this.#queue.push(resolve));
    else this.#running++;
    try {
      return await work();
    } finally {
      // The turn is handed on.
      const next = this.#queue.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
