import type { Clock } from "../base/clock.js";
import { asFailure, Failure } from "../base/failure.js";
import type { Logger } from "../base/logger.js";
import type { TunnelSpec } from "../config/tunnel-spec.js";
import type { BusyPolicy } from "../forward/busy-policy.js";
import { ForwardListener } from "../forward/listener.js";
import { WaitingRoom } from "../forward/waiting-room.js";
import type { SshEngine, SshSession, UnknownHostKey } from "../ssh/session.js";
import type { CheckedHealth } from "./forward-report.js";
import { lookOut } from "./lookout.js";
import { step } from "./machine.js";
import { watchSession } from "./session-watch.js";
import type { TunnelEffect, TunnelEvent, TunnelState } from "./state.js";
import { Suspicion } from "./suspicion.js";

/** What a tunnel needs from the outside. */
export interface RunnerContext {
  readonly engine: SshEngine;
  readonly clock: Clock;
  readonly log: Logger;
  /** Uniform in [0, 1). */
  readonly chance: () => number;
  readonly agentSocket: () => string | undefined;
  readonly busyPolicy: BusyPolicy;
  /** Called after every change that `status` would show. */
  readonly onChange: (before: TunnelState, after: TunnelState) => void;
}

/** Everything of one attempt and the session it brings; one controller ends it. */
interface Attempt {
  readonly abort: AbortController;
  session: SshSession | undefined;
}

/** Carries out what the machine decides for one tunnel: the only place that starts and ends its sessions and listeners. */
export class TunnelRunner {
  readonly spec: TunnelSpec;
  readonly listeners: readonly ForwardListener[];
  readonly health = new Map<ForwardListener, CheckedHealth>();
  rttMs: number | undefined;
  unknownHostKey: UnknownHostKey | undefined;
  #state: TunnelState;
  #attempt: Attempt | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #lookout = new AbortController();
  readonly #room: WaitingRoom;
  readonly #suspicion = new Suspicion();
  readonly #context: RunnerContext;

  constructor(spec: TunnelSpec, context: RunnerContext) {
    this.spec = spec;
    this.#context = context;
    this.#state = { phase: "stopped", sinceMs: context.clock.nowMs(), reason: "new" };
    this.#room = new WaitingRoom({ waitMs: spec.waitForTunnelMs, guestsMax: spec.waitingConnectionsMax });
    const onSlowDial = () => this.#suspicion.raise();
    this.listeners = spec.forwards.map((forward) => new ForwardListener(forward, this.#room, onSlowDial, context.log, context.busyPolicy));
  }

  get state(): TunnelState {
    return this.#state;
  }

  handle(event: TunnelEvent): void {
    const before = this.#state;
    const { clock, chance } = this.#context;
    const next = step(before, event, { nowMs: clock.nowMs(), chance: chance(), policy: this.spec.backoff });
    if (next.state === before) return;
    this.#state = next.state;
    if (next.state.phase !== "held") this.unknownHostKey = undefined;
    for (const effect of next.effects) this.#perform(effect);
    if (next.state.phase === "held") this.#room.shut(next.state.failure);
    this.#lookOut();
    this.#context.onChange(before, next.state);
  }

  /** The world may have changed meanwhile: who waits tries now, and a session that stands is asked now whether it still does. */
  reconsider(reason: "woke" | "network-changed"): void {
    if (this.#state.phase === "waiting") this.handle({ type: "cause-changed", reason });
    this.#suspicion.hurry();
  }

  #perform(effect: TunnelEffect): void {
    switch (effect.type) {
      case "connect":
        clearTimeout(this.#retryTimer);
        this.#room.wait();
        this.#attempt = { abort: new AbortController(), session: undefined };
        void this.#connect(this.#attempt);
        return;
      case "disconnect":
        this.#disconnect();
        return;
      case "schedule-retry":
        this.#retryTimer = setTimeout(() => this.handle({ type: "retry-due" }), effect.delayMs);
        return;
      case "cancel-retry":
        clearTimeout(this.#retryTimer);
        return;
      case "close-listeners":
        this.#room.shut(new Failure("session-gone", `the tunnel ${this.spec.name} is stopped`));
        for (const listener of this.listeners) listener.close();
        return;
    }
  }

  /** One attempt: the listeners and the session at the same time. What comes after its abort is nobody's any more. */
  async #connect(attempt: Attempt): Promise<void> {
    const { signal } = attempt.abort;
    const tell = (event: TunnelEvent) => {
      if (this.#attempt === attempt) this.handle(event);
    };
    try {
      const listening = Promise.all(this.listeners.map((listener) => listener.open()));
      const connecting = this.#openSession(attempt);
      await Promise.all([listening, connecting]);
    } catch (error) {
      if (!signal.aborted) tell({ type: "failed", failure: this.#named(error) });
      return;
    }
    if (attempt.session === undefined || signal.aborted) return;
    tell({ type: "opened" });
    const failure = await this.#watch(attempt.session);
    tell({ type: "lost", failure });
  }

  async #openSession(attempt: Attempt): Promise<void> {
    const { engine, agentSocket } = this.#context;
    const context = {
      agentSocket: agentSocket(),
      onUnknownHostKey: (key: UnknownHostKey) => {
        if (this.#attempt === attempt) this.unknownHostKey = key;
      },
    };
    const session = await engine.connect(this.spec.login, context, attempt.abort.signal);
    if (attempt.abort.signal.aborted) return session.close();
    attempt.session = session;
    // Clients that wait are served as soon as there is a session, before anything else is asked of it.
    this.#room.open(session);
  }

  #watch(session: SshSession): Promise<Failure> {
    return watchSession(session, this.listeners, this.spec.keepalive, this.#suspicion, {
      onRoundTrip: (rttMs) => {
        this.rttMs = rttMs;
      },
      onHealth: (listener, result) => {
        const before = this.health.get(listener);
        const atMs = this.#context.clock.nowMs();
        const isSame = before?.result.state === result.state;
        this.health.set(listener, { result, atMs, sinceMs: isSame ? before.sinceMs : atMs });
        if (result.state === "ok") this.handle({ type: "proved" });
        if (!isSame) this.#context.onChange(this.#state, this.#state);
      },
    });
  }

  /** Each state has its own lookout; the one before ends. */
  #lookOut(): void {
    this.#lookout.abort();
    this.#lookout = new AbortController();
    const { signal } = this.#lookout;
    const { engine, agentSocket, chance } = this.#context;
    const outside = {
      login: this.spec.login,
      chance,
      surroundings: () => engine.surroundings(this.spec.login, agentSocket(), signal),
      listen: async () => (await Promise.all(this.listeners.map((listener) => listener.openIfFree()))).every(Boolean),
    };
    void lookOut(this.#state, outside, signal).then((event) => {
      if (event !== undefined && !signal.aborted) this.handle(event);
    });
  }

  #disconnect(): void {
    this.#room.wait();
    this.#attempt?.abort.abort();
    this.#attempt?.session?.close();
    this.#attempt = undefined;
    this.health.clear();
    this.rttMs = undefined;
  }

  /** A bug is told with its stack, once, here. */
  #named(error: unknown): Failure {
    const failure = asFailure(error);
    if (failure.code === "internal") this.#context.log.error({ event: "tunnel.bug", err: error }, failure.message);
    return failure;
  }
}
