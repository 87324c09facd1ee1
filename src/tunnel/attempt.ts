import type { LoginSpec } from "../config/tunnel-spec.js";
import type { SshSession } from "../ssh/session.js";
import type { TunnelFacts } from "./login-facts.js";

type Connect = (login: LoginSpec, signal: AbortSignal, onResolved: (facts: TunnelFacts) => void) => Promise<SshSession>;

/** One log-in and the session that comes of it, begun when it is made. One signal ends both, whichever there is. */
export class Attempt {
  readonly login: LoginSpec;
  /** Rejects with the first cause, or with the abort when the attempt was ended before. */
  readonly opened: Promise<SshSession>;
  readonly #abort = new AbortController();
  #session: SshSession | undefined;
  /** What the target has turned out to mean. */
  facts: TunnelFacts | undefined;

  constructor(login: LoginSpec, connect: Connect) {
    this.login = login;
    this.opened = this.#open(connect);
    // Whoever waits hears of it as well; an attempt that nobody waits for any more may fail in peace.
    this.opened.catch(() => {});
  }

  get session(): SshSession | undefined {
    return this.#session;
  }

  end(): void {
    this.#abort.abort();
    this.#session?.close();
  }

  async #open(connect: Connect): Promise<SshSession> {
    const { signal } = this.#abort;
    const session = await connect(this.login, signal, (facts) => {
      this.facts = facts;
    });
    if (signal.aborted) {
      session.close();
      throw signal.reason;
    }
    this.#session = session;
    return session;
  }
}
