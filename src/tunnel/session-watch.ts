import { setMaxListeners } from "node:events";
import type { Failure } from "../base/failure.js";
import type { Forward } from "../forward/forward.js";
import { type CheckForward, checkForward } from "../health/check-forward.js";
import type { HealthResult } from "../health/result.js";
import type { SshSession } from "../ssh/session.js";
import { monitorHealth } from "./health-monitor.js";
import { type PeerWatcher, watchForSilence } from "./silence/keepalive.js";
import type { AskReason } from "./silence/patience.js";
import type { KeepalivePolicy } from "./silence/policy.js";
import { Suspicion } from "./silence/suspicion.js";

export interface SessionWatcher extends PeerWatcher {
  onHealth(listener: Forward, result: HealthResult): void;
}

/** Watches one session at a time, and the services behind it. */
export class SessionWatch {
  readonly #check: CheckForward;
  #life = new AbortController();
  #suspicion = new Suspicion();
  readonly #curious = new Set<() => void>();

  constructor(check: CheckForward = checkForward) {
    this.#check = check;
    this.#life.abort();
  }

  /** Why the peer was asked last. */
  get asked(): AskReason {
    return this.#suspicion.reason;
  }

  /** Something waits for the peer longer than a living one lets it. */
  raise(): void {
    this.#suspicion.raise();
  }

  /** The machine slept, or the network changed: ask the peer now. */
  hurry(): void {
    this.#suspicion.hurry();
  }

  /** Asks the peer now; resolves when it has answered or is doubted, or when there is no session to ask. */
  confirm(): Promise<void> {
    if (this.#life.signal.aborted) return Promise.resolve();
    this.#suspicion.hurry();
    return new Promise((resolve) => this.#curious.add(resolve));
  }

  end(): void {
    this.#life.abort();
    this.#tellCurious();
  }

  /** Watches `session` until it is lost, and resolves with the first cause; or until `end` or the next session, and resolves with undefined. */
  async over(
    session: SshSession,
    listeners: readonly Forward[],
    keepalive: KeepalivePolicy,
    watcher: SessionWatcher,
  ): Promise<Failure | undefined> {
    this.end();
    const life = new AbortController();
    // Each forward listens to it; from eleven on Node would warn of a leak.
    setMaxListeners(0, life.signal);
    this.#life = life;
    this.#suspicion = new Suspicion();
    const peerWatcher: PeerWatcher = {
      onRoundTrip: (rttMs) => {
        watcher.onRoundTrip(rttMs);
        this.#tellCurious();
      },
      onDoubt: () => {
        watcher.onDoubt();
        this.#tellCurious();
      },
      onTrust: () => watcher.onTrust(),
    };
    const silent = watchForSilence(session, keepalive, this.#suspicion, peerWatcher, life.signal);
    const prohibited = monitorAll(session, listeners, this.#check, watcher, life.signal);
    const failure = await Promise.race([session.ended, silent, prohibited]);
    if (life.signal.aborted) return undefined;
    this.end();
    return failure;
  }

  #tellCurious(): void {
    for (const tell of this.#curious) tell();
    this.#curious.clear();
  }
}

/** Asks every service again and again; resolves when the server prohibits all of the forwards. */
function monitorAll(
  session: SshSession,
  listeners: readonly Forward[],
  check: CheckForward,
  watcher: SessionWatcher,
  signal: AbortSignal,
): Promise<Failure> {
  const prohibited = new Set<Forward>();
  return new Promise((resolve) => {
    for (const listener of listeners) {
      const judge = (result: HealthResult) => {
        watcher.onHealth(listener, result);
        if (result.state === "ok" || result.failure.code !== "forwarding-prohibited") prohibited.delete(listener);
        else if (prohibited.add(listener).size === listeners.length) resolve(result.failure);
      };
      void monitorHealth(listener, session, check, judge, signal);
    }
  });
}
