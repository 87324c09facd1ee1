/** What a tunnel must be after a crash. `undecided`: it was asked for and not answered, so either is right. */
export interface Wanted {
  readonly port: number;
  isSaved: boolean | "undecided";
  isDown: boolean | "undecided";
}

/** What was acknowledged to the user, tunnel by tunnel: nothing of that may be lost. */
export class AcknowledgedTunnels {
  readonly #tunnels = new Map<string, Wanted>();

  get all(): ReadonlyMap<string, Wanted> {
    return this.#tunnels;
  }

  /** Those of which all is known and that are saved. */
  names(isDown: boolean): string[] {
    return [...this.#tunnels].filter(([, wanted]) => wanted.isSaved === true && wanted.isDown === isDown).map(([name]) => name);
  }

  /** Runs what changes a tunnel: undecided until it has answered, and for ever when it fails because the daemon died. */
  async change(name: string, become: Partial<Wanted> & { port?: number }, action: () => Promise<unknown>): Promise<void> {
    const wanted = this.#tunnels.get(name) ?? { port: become.port ?? 0, isSaved: false, isDown: false };
    this.#tunnels.set(name, wanted);
    if (become.isSaved !== undefined) wanted.isSaved = "undecided";
    if (become.isDown !== undefined) wanted.isDown = "undecided";
    try {
      await action();
    } catch {
      return;
    }
    Object.assign(wanted, become);
  }

  /** Takes what was undecided as it has turned out, and forgets what is not saved any more. */
  settle(isSaved: (name: string) => boolean, isDown: (name: string) => boolean): void {
    for (const [name, wanted] of this.#tunnels) {
      if (wanted.isSaved === "undecided") wanted.isSaved = isSaved(name);
      if (wanted.isDown === "undecided") wanted.isDown = isDown(name);
      if (wanted.isSaved === false) this.#tunnels.delete(name);
    }
  }
}
