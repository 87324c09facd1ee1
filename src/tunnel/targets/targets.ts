import type { Address } from "../../base/address.js";
import { anyTrue } from "../../base/any-true.js";
import { asFailure, type Failure } from "../../base/failure.js";
import { targetsOf } from "../../config/targets-of.js";
import type { LoginSpec, TunnelSpec } from "../../config/tunnel-spec.js";
import type { SshSession, Surroundings, UnknownHostKey } from "../../ssh/session.js";
import type { RunnerContext } from "../context.js";
import { NoTargetLetIn } from "./no-target.js";
import { type BeginReason, beginsAfresh, orderTargets } from "./order.js";
import { PreferredWatch } from "./preferred-watch.js";
import { Rests } from "./rests.js";
import { tryInTurn, type Ways } from "./try-in-turn.js";

export type TargetsContext = Pick<RunnerContext, "engine" | "agentSocket" | "knocker" | "clock" | "chance">;
export type LoginsOfSpec = Pick<TunnelSpec, "login" | "fallbackTargets">;

/** Logs in at the target at `index`. */
export type ConnectTo = (
  login: LoginSpec,
  index: number,
  signal: AbortSignal,
  onUnknownHostKey: (key: UnknownHostKey) => void,
) => Promise<SshSession>;

/** The targets of one tunnel, the preferred one first: which is tried when, and what is remembered of each. */
export class Targets {
  readonly #context: TargetsContext;
  readonly #rests = new Rests();
  readonly #watch: PreferredWatch;
  readonly #knock: Ways["knock"];
  #logins: readonly LoginSpec[];
  #lastWorked: number | undefined;

  constructor(spec: LoginsOfSpec, context: TargetsContext) {
    this.#context = context;
    this.#logins = loginsOf(spec);
    this.#knock = (address, signal) => context.knocker.isListening(address, signal);
    this.#watch = new PreferredWatch(this.#knock, context.chance);
  }

  adopt(spec: LoginsOfSpec): void {
    this.#logins = loginsOf(spec);
    this.#lastWorked = undefined;
    this.#rests.clear();
    this.#watch.reset();
  }

  /** One log-in: at the only target, or in turn at each. */
  connect(reason: BeginReason, connectTo: ConnectTo, signal: AbortSignal): Promise<SshSession> {
    const [only, ...others] = this.#logins;
    if (only !== undefined && others.length === 0) return connectTo(only, 0, signal, () => {});
    if (beginsAfresh(reason)) this.#rests.clear();
    if (reason === "preferred-target") this.#watch.noteMove();
    const order = orderTargets(this.#logins.length, this.#lastWorked, reason);
    return tryInTurn(order, this.#waysBy(connectTo), signal);
  }

  /** What a log-in depends on now, at whichever target. */
  async look(signal: AbortSignal): Promise<Surroundings> {
    const looks = await Promise.all(this.#logins.map((login) => this.#lookAt(login, signal)));
    const all = (part: keyof Surroundings) => looks.map((seen) => seen[part]).join(" ");
    return { keys: all("keys"), knownHosts: all("knownHosts"), sshConfig: all("sshConfig") };
  }

  /** Waits for servers that were away; any of them that listens is enough. `firstHop` is that of a failure that names none. */
  untilServerListens(failure: Failure, firstHop: Address | null, signal: AbortSignal): Promise<boolean> {
    const trials = failure instanceof NoTargetLetIn ? failure.trials : [{ firstHop, failure }];
    return anyTrue(
      trials.map(async (trial) => {
        return trial.firstHop !== null && this.#context.knocker.untilServerListens(trial.firstHop, trial.failure, signal);
      }),
    );
  }

  /** While a session leads to the target at `standing`: waits until one before it may be there. False when `signal` aborts first. */
  async untilBetterAnswers(standing: number, signal: AbortSignal): Promise<boolean> {
    if (this.#lastWorked !== standing) this.#watch.reset();
    this.#lastWorked = standing;
    if (standing === 0) return false;
    const better = this.#logins.slice(0, standing);
    return this.#watch.untilOneAnswers(() => Promise.all(better.map((login) => this.#context.engine.firstHop(login, signal))), signal);
  }

  /** The machine slept, or the network is another one. */
  hurry(): void {
    this.#watch.hurry();
  }

  #waysBy(connectTo: ConnectTo): Ways {
    const { engine, clock } = this.#context;
    const at = (index: number): LoginSpec => {
      const login = this.#logins[index];
      if (login === undefined) throw new Error(`there is no target ${index}`);
      return login;
    };
    return {
      connect: async (index, signal, onUnknownHostKey) => {
        const seen = this.#lookAt(at(index), signal);
        try {
          return await connectTo(at(index), index, signal, onUnknownHostKey);
        } catch (error) {
          if (!signal.aborted) this.#rests.note(index, asFailure(error), await seen, clock.monotonicMs());
          throw error;
        }
      },
      firstHop: (index, signal) => engine.firstHop(at(index), signal),
      knock: this.#knock,
      restOf: (index, signal) => this.#rests.of(index, () => this.#lookAt(at(index), signal), clock.monotonicMs()),
    };
  }

  #lookAt(login: LoginSpec, signal: AbortSignal): Promise<Surroundings> {
    return this.#context.engine.surroundings(login, this.#context.agentSocket(), signal);
  }
}

function loginsOf(spec: LoginsOfSpec): readonly LoginSpec[] {
  return targetsOf(spec).map((target) => ({ ...spec.login, target }));
}
