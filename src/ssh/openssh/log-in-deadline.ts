/** A deadline that stands still while a person is asked: nobody is late who is being waited for. */
export class LogInDeadline {
  readonly #onExpired: () => void;
  #leftMs: number;
  #startedMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #pauses = 0;

  constructor(timeoutMs: number, onExpired: () => void) {
    this.#leftMs = timeoutMs;
    this.#onExpired = onExpired;
    this.#run();
  }

  /** Until the returned function is called. */
  pause(): () => void {
    if (this.#pauses++ === 0) {
      clearTimeout(this.#timer);
      this.#leftMs -= performance.now() - this.#startedMs;
    }
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      if (--this.#pauses === 0) this.#run();
    };
  }

  end(): void {
    clearTimeout(this.#timer);
    // Whatever ends a pause now starts nothing.
    this.#pauses = Number.POSITIVE_INFINITY;
  }

  #run(): void {
    this.#startedMs = performance.now();
    this.#timer = setTimeout(this.#onExpired, this.#leftMs);
  }
}
