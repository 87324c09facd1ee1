import type { LoginSpec } from "../config/tunnel-spec.js";
import type { ConnectContext, SshEngine, Surroundings, UnknownHostKey } from "../ssh/session.js";
import { Attempt } from "./attempt.js";
import type { RunnerContext } from "./context.js";
import { presumedFacts, type TunnelFacts } from "./login-facts.js";
import { unknownKeyIn } from "./targets/no-target.js";
import type { BeginReason } from "./targets/order.js";
import { type ConnectTo, type LoginsOfSpec, Targets, type TargetsContext } from "./targets/targets.js";

/** Begins the log-ins of one tunnel, and remembers what they find out. */
export class Logins {
  /** The key that the last log-in was shown and nobody knows. */
  unknownHostKey: UnknownHostKey | undefined;
  /** Keys that a person has accepted, each of one host, for an engine that writes known_hosts itself. */
  readonly acceptedHostKeys = new Set<string>();
  readonly targets: Targets;
  readonly #engine: SshEngine;
  readonly #context: Pick<RunnerContext, "agentSocket" | "person">;
  #login: LoginSpec;
  #facts: TunnelFacts | undefined;
  #hasWorked = false;
  /** What the last log-in depended on, as that was when it began: an edit that comes before it has failed is one, too. */
  #seen: Promise<Surroundings> | undefined;

  constructor(spec: LoginsOfSpec, context: TargetsContext & Pick<RunnerContext, "person">) {
    this.#login = spec.login;
    this.#engine = context.engine;
    this.#context = context;
    this.targets = new Targets(spec, context);
  }

  /** What the target means, as far as a log-in has asked. */
  get facts(): TunnelFacts {
    return this.#facts ?? presumedFacts(this.#login);
  }

  /** From here on the tunnel leads elsewhere. */
  adopt(spec: LoginsOfSpec): void {
    this.#login = spec.login;
    this.targets.adopt(spec);
    this.#facts = undefined;
    this.#hasWorked = false;
  }

  begin(reason: BeginReason): Attempt {
    this.unknownHostKey = undefined;
    // One that worked before will hardly fail for want of something here, and is to be quick.
    this.#seen = this.#hasWorked ? undefined : this.look(new AbortController().signal);
    const attempt = new Attempt(this.#login, (_preferred, attempted, learn) => {
      const connectTo: ConnectTo = (login, index, signal, show) =>
        this.#engine.connect(login, this.#contextFor(index, signal, learn, show), signal);
      return this.targets.connect(reason, connectTo, attempted);
    });
    attempt.opened.then(
      () => {
        this.#hasWorked = true;
      },
      (error: unknown) => {
        this.unknownHostKey = unknownKeyIn(error) ?? this.unknownHostKey;
      },
    );
    return attempt;
  }

  /** What a log-in depends on now. */
  look(signal: AbortSignal): Promise<Surroundings> {
    return this.targets.look(signal);
  }

  /** What the last one depended on; as it is now where that was not looked at. */
  lookBack(signal: AbortSignal): Promise<Surroundings> {
    return this.#seen ?? this.look(signal);
  }

  #contextFor(
    targetIndex: number,
    signal: AbortSignal,
    learn: (facts: TunnelFacts) => void,
    show: (key: UnknownHostKey) => void,
  ): ConnectContext {
    return {
      agentSocket: this.#context.agentSocket(),
      person: this.#context.person(),
      acceptedHostKeys: this.acceptedHostKeys,
      onResolved: (facts) => {
        if (signal.aborted) return;
        this.#facts = { ...facts, targetIndex };
        learn(this.#facts);
      },
      onUnknownHostKey: (key) => {
        if (signal.aborted) return;
        this.unknownHostKey = key;
        show(key);
      },
    };
  }
}
