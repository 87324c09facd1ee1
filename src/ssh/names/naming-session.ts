import { onAbort, withDeadline } from "../../base/abort.js";
import { type Endpoint, formatEndpoint } from "../../base/address.js";
import type { Clock } from "../../base/clock.js";
import { Failure } from "../../base/failure.js";
import { formatDestination, isNamed, type NamedDestination } from "../../config/destination.js";
import type { HostSession, RemoteHost, ResolvedName, SshSession } from "../session.js";

/** Asks the server where a name leads now. */
export type ResolveName = (name: NamedDestination, host: RemoteHost, signal: AbortSignal) => Promise<ResolvedName>;

export interface NameFacts {
  readonly resolve: ResolveName;
  readonly clock: Pick<Clock, "monotonicMs">;
}

/** A server under load takes long to start a command. */
const askMaxMs = 10_000;
/** However many connections come, and however often they are refused. */
const askEveryMs = 1_000;

/** One question to the server, and what came of it. */
interface Answer {
  readonly askedAtMs: number;
  readonly coming: Promise<ResolvedName>;
  state: "coming" | "known" | "failed";
  found?: ResolvedName;
}

/**
 * The session of an engine, which can also be dialled by name. A name is asked for once in a session, by the first who needs it for
 * all who come, and again when nothing is there any more: a container that was restarted has another address.
 */
export function withNames(session: HostSession, facts: NameFacts): SshSession {
  const names = new Names(session, facts);
  return {
    ended: session.ended,
    dial: (to, signal) => (isNamed(to) ? names.dial(to, signal) : session.dial(to, signal)),
    resolved: (name) => names.found(name),
    listen: (bind, onConnection, signal) => session.listen(bind, onConnection, signal),
    exec: (command, options, signal) => session.exec(command, options, signal),
    probe: (signal) => session.probe(signal),
    traffic: () => session.traffic(),
    close: () => session.close(),
  };
}

class Names {
  readonly #session: HostSession;
  readonly #facts: NameFacts;
  readonly #answers = new Map<string, Answer>();
  readonly #life = new AbortController();

  constructor(session: HostSession, facts: NameFacts) {
    this.#session = session;
    this.#facts = facts;
    void session.ended.then((failure) => this.#life.abort(new Failure("session-gone", "the session is gone", { cause: failure })));
  }

  found(name: NamedDestination): ResolvedName | undefined {
    return this.#answers.get(formatDestination(name))?.found;
  }

  async dial(name: NamedDestination, signal: AbortSignal): ReturnType<HostSession["dial"]> {
    const { endpoint } = await heard(this.#ask(name), signal);
    try {
      return await this.#session.dial(endpoint, signal);
    } catch (error) {
      if (!isNothingThere(error)) throw error;
      const now = await heard(this.#askAgain(name, endpoint), signal);
      if (formatEndpoint(now.endpoint) === formatEndpoint(endpoint)) throw error;
      return await this.#session.dial(now.endpoint, signal);
    }
  }

  #ask(name: NamedDestination): Promise<ResolvedName> {
    const last = this.#answers.get(formatDestination(name));
    return last === undefined || (last.state === "failed" && this.#isOld(last)) ? this.#askServer(name, last?.found) : last.coming;
  }

  /** Nothing was at `tried`. Another one may have asked since. */
  #askAgain(name: NamedDestination, tried: Endpoint): Promise<ResolvedName> {
    const last = this.#answers.get(formatDestination(name));
    const isLate = last?.state === "known" && last.found?.endpoint === tried && this.#isOld(last);
    return last === undefined || isLate ? this.#askServer(name, last?.found) : last.coming;
  }

  #askServer(name: NamedDestination, before: ResolvedName | undefined): Promise<ResolvedName> {
    const what = formatDestination(name);
    const tooLate = () => new Failure("container-unknown", `the server did not say within ${askMaxMs} ms where ${what} is`);
    const coming = withDeadline(askMaxMs, this.#life.signal, tooLate, (deadline) => this.#facts.resolve(name, this.#session, deadline));
    const answer: Answer = { askedAtMs: this.#facts.clock.monotonicMs(), coming, state: "coming", ...(before && { found: before }) };
    this.#answers.set(what, answer);
    coming.then(
      (found) => {
        answer.state = "known";
        answer.found = found;
      },
      () => {
        answer.state = "failed";
        delete answer.found;
      },
    );
    return coming;
  }

  #isOld({ askedAtMs }: Answer): boolean {
    return this.#facts.clock.monotonicMs() - askedAtMs >= askEveryMs;
  }
}

/** What the server says of an address that nobody has, or at which nobody listens. */
function isNothingThere(error: unknown): boolean {
  return error instanceof Failure && (error.code === "service-refused" || error.code === "service-unreachable");
}

/** Others wait for the same answer: who leaves does not end it. */
function heard<T>(coming: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const forget = onAbort(signal, () => reject(signal.reason));
    coming.then(resolve, reject).finally(forget);
  });
}
