import type { LoginSpec } from "../config/tunnel-spec.js";
import type { ConnectContext, LoginFacts, SshEngine, Surroundings, UnknownHostKey } from "../ssh/session.js";
import { Attempt } from "./attempt.js";
import type { RunnerContext } from "./context.js";
import { presumedFacts } from "./login-facts.js";

/** Begins the log-ins of one tunnel, and remembers what they find out. */
export class Logins {
  /** The key that the last log-in was shown and nobody knows. */
  unknownHostKey: UnknownHostKey | undefined;
  /** Keys that a person has accepted, each of one host, for an engine that writes known_hosts itself. */
  readonly acceptedHostKeys = new Set<string>();
  readonly #engine: SshEngine;
  readonly #context: Pick<RunnerContext, "agentSocket" | "person">;
  #login: LoginSpec;
  #facts: LoginFacts | undefined;
  #hasWorked = false;
  /** What the last log-in depended on, as that was when it began: an edit that comes before it has failed is one, too. */
  #seen: Promise<Surroundings> | undefined;

  constructor(login: LoginSpec, { engine, agentSocket, person }: Pick<RunnerContext, "engine" | "agentSocket" | "person">) {
    this.#login = login;
    this.#engine = engine;
    this.#context = { agentSocket, person };
  }

  /** What the target means, as far as a log-in has asked. */
  get facts(): LoginFacts {
    return this.#facts ?? presumedFacts(this.#login);
  }

  /** From here on the tunnel leads elsewhere. */
  adopt(login: LoginSpec): void {
    this.#login = login;
    this.#facts = undefined;
    this.#hasWorked = false;
  }

  begin(): Attempt {
    this.unknownHostKey = undefined;
    // One that worked before will hardly fail for want of something here, and is to be quick.
    this.#seen = this.#hasWorked ? undefined : this.look(new AbortController().signal);
    const attempt = new Attempt(this.#login, (login, signal, learn) =>
      this.#engine.connect(login, this.#contextFor(signal, learn), signal),
    );
    attempt.opened.then(
      () => {
        this.#hasWorked = true;
      },
      () => {},
    );
    return attempt;
  }

  /** What a log-in depends on now. */
  look(signal: AbortSignal): Promise<Surroundings> {
    return this.#engine.surroundings(this.#login, this.#context.agentSocket(), signal);
  }

  /** What the last one depended on; as it is now where that was not looked at. */
  lookBack(signal: AbortSignal): Promise<Surroundings> {
    return this.#seen ?? this.look(signal);
  }

  #contextFor(signal: AbortSignal, learn: (facts: LoginFacts) => void): ConnectContext {
    return {
      agentSocket: this.#context.agentSocket(),
      person: this.#context.person(),
      acceptedHostKeys: this.acceptedHostKeys,
      onResolved: (facts) => {
        learn(facts);
        if (!signal.aborted) this.#facts = facts;
      },
      onUnknownHostKey: (key) => {
        if (!signal.aborted) this.unknownHostKey = key;
      },
    };
  }
}
