/** How long the other side may take in all. The time stands still while somebody else is waited for: a person, or an agent that asks one. */
export class Patience {
  readonly #onOver: () => void;
  #leftMs: number;
  #sinceMs = 0;
  #waits = 0;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(totalMs: number, onOver: () => void) {
    this.#leftMs = totalMs;
    this.#onOver = onOver;
    this.#run();
  }

  async without<T>(wait: () => Promise<T>): Promise<T> {
    if (this.#waits++ === 0) this.#stop();
    try {
      return await wait();
    } finally {
      if (--this.#waits === 0 && !this.#isOver) this.#run();
    }
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #run(): void {
    this.#sinceMs = performance.now();
    this.#timer = setTimeout(() => {
      this.#isOver = true;
      this.#onOver();
    }, this.#leftMs);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#leftMs = Math.max(0, this.#leftMs - (performance.now() - this.#sinceMs));
  }
}
