/** How long a log-in may take in all. The time stands still while somebody else is waited for: a person, or an agent that asks one. */
export class LogInDeadline {
  readonly #onExpired: () => void;
  #leftMs: number;
  #sinceMs = 0;
  #pauses = 0;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(totalMs: number, onExpired: () => void) {
    this.#leftMs = totalMs;
    this.#onExpired = onExpired;
    this.#run();
  }

  /** Until the returned function is called. */
  pause(): () => void {
    if (this.#pauses++ === 0) this.#stop();
    let isResumed = false;
    return () => {
      if (isResumed) return;
      isResumed = true;
      if (--this.#pauses === 0 && !this.#isOver) this.#run();
    };
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #run(): void {
    this.#sinceMs = performance.now();
    this.#timer = setTimeout(() => {
      this.#isOver = true;
      this.#onExpired();
    }, this.#leftMs);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#leftMs = Math.max(0, this.#leftMs - (performance.now() - this.#sinceMs));
  }
}
