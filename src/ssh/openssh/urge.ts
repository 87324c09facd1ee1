/** Later the kernel has acknowledged everything without our doing. */
const pausesMs = [1, 2, 4, 8, 16, 32];

/**
 * What sshd says of itself after a log-in (its host keys) is not seen here, and the first answers stand behind it until our kernel
 * acknowledges it (see AcknowledgementNudge). So while an answer is owed, `nudge` is called a few times.
 */
export class AnswerUrge {
  readonly #nudge: () => void;
  #owed = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(nudge: () => void) {
    this.#nudge = nudge;
  }

  /** The server owes an answer, until the returned function is called. */
  begin(): () => void {
    this.#owed += 1;
    this.#nudgeAfter(0);
    return () => {
      this.#owed -= 1;
      if (this.#owed === 0) this.end();
    };
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #nudgeAfter(pauses: number): void {
    clearTimeout(this.#timer);
    const pauseMs = pausesMs[pauses];
    if (pauseMs === undefined) return;
    this.#timer = setTimeout(() => {
      this.#nudge();
      this.#nudgeAfter(pauses + 1);
    }, pauseMs);
  }
}
