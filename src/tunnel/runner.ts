import { asFailure, Failure } from "../base/failure.js";
import { movedParts } from "../config/diff.js";
import type { TunnelSpec } from "../config/tunnel-spec.js";
import type { Forward } from "../forward/forward.js";
import { makeForward } from "../forward/make-forward.js";
import { limitsOf, WaitingRoom } from "../forward/waiting-room.js";
import type { HealthResult } from "../health/result.js";
import type { SshSession } from "../ssh/session.js";
import { absenceOf } from "./absence.js";
import type { Attempt } from "./attempt.js";
import type { RunnerContext } from "./context.js";
import { Drains } from "./drain.js";
import { ForwardGroup } from "./forward-group.js";
import type { TunnelFacts } from "./login-facts.js";
import { Logins } from "./logins.js";
import { Lookout, type Outside } from "./lookout.js";
import { step } from "./machine.js";
import { SessionWatch } from "./session-watch.js";
import { keepalivePolicy } from "./silence/policy.js";
import type { RenewalReason, TunnelEffect, TunnelEvent, TunnelState } from "./state.js";
import { prepareSuccessor } from "./successor.js";

/** Carries out what the machine decides for one tunnel: the only place that starts and ends its sessions and listeners. */
export class TunnelRunner {
  rttMs: number | undefined;
  readonly logins: Logins;
  readonly forwards: ForwardGroup;
  readonly #room: WaitingRoom;
  readonly #watch: SessionWatch;
  readonly #drains = new Drains();
  readonly #lookout: Lookout;
  readonly #context: RunnerContext;
  #spec: TunnelSpec;
  #state: TunnelState;
  /** The log-in that is under way, or whose session stands. */
  #attempt: Attempt | undefined;
  /** The one that is to take over from it. */
  #successor: Attempt | undefined;
  #retryTimer: NodeJS.Timeout | undefined;

  constructor(spec: TunnelSpec, context: RunnerContext) {
    this.#spec = spec;
    this.#context = context;
    this.#state = { phase: "stopped", sinceMs: context.clock.nowMs(), reason: "new" };
    this.logins = new Logins(spec, context);
    this.#room = new WaitingRoom(limitsOf(spec));
    const absence = () => absenceOf(spec.name, this.#state, context.clock.nowMs());
    const { busyPolicy, log, check } = context;
    this.#watch = new SessionWatch(check);
    const shared = { tunnel: spec.name, room: this.#room, onSlowDial: () => this.#watch.raise(), absence, busyPolicy, log };
    this.forwards = new ForwardGroup((forward) => makeForward(forward, shared));
    this.forwards.adopt(spec.forwards);
    const outside: Outside = {
      untilServerListens: (failure, signal) => this.logins.targets.untilServerListens(failure, this.facts.firstHop, signal),
      untilBetterAnswers: (signal) => this.logins.targets.untilBetterAnswers(this.facts.targetIndex, signal),
      surroundings: (signal) => this.logins.look(signal),
      surroundingsBefore: (signal) => this.logins.lookBack(signal),
      listen: () => this.forwards.listenIfFree(),
    };
    this.#lookout = new Lookout(outside, (event) => this.handle(event));
  }

  get spec(): TunnelSpec {
    return this.#spec;
  }

  /** Where the session leads, or the next one will: after an edit not yet to where the spec says. */
  get facts(): TunnelFacts {
    return this.#attempt?.facts ?? this.logins.facts;
  }

  get state(): TunnelState {
    return this.#state;
  }

  /** The one that stands, for whoever asks the server something. */
  get session(): SshSession | undefined {
    return this.#state.phase === "up" ? this.#attempt?.session : undefined;
  }

  handle(event: TunnelEvent): void {
    const [before, { clock, chance }] = [this.#state, this.#context];
    const next = step(before, event, { nowMs: clock.nowMs(), chance: chance(), policy: this.#spec.backoff });
    if (next.state === before) return;
    this.#state = next.state;
    for (const effect of next.effects) this.#perform(effect);
    if (next.state.phase === "held") this.#room.shut(next.state.failure);
    this.#lookout.over(next.state);
    this.#context.onChange(before, next.state);
  }

  /** The world may have changed meanwhile: who waits tries now, and a session that stands is asked now whether it still does. */
  reconsider(reason: "woke" | "network-changed"): void {
    this.handle({ type: "cause-changed", reason });
    this.#watch.hurry();
    this.logins.targets.hurry();
  }

  /** Asks a session that stands whether it still does; resolves when the state says so, or that it is doubted. */
  confirm(): Promise<void> {
    return this.#state.phase === "up" && this.#state.isDoubted ? Promise.resolve() : this.#watch.confirm();
  }

  /**
   * Takes over an edited spec. A session that leads to the same place goes on; else a new one is made ready beside it. Without a
   * session it is tried anew only if that could come to something else.
   */
  adopt(spec: TunnelSpec): void {
    const moved = movedParts(this.#spec, spec);
    this.#spec = spec;
    this.#room.limits = limitsOf(spec);
    // It may be waited for alone, when the session before it was lost.
    if (moved.login) {
      this.#dropSuccessor();
      this.logins.adopt(spec);
    }
    if (this.#state.phase !== "up") this.forwards.adopt(spec.forwards);
    if (moved.login || (moved.local && this.#state.phase !== "up")) this.handle({ type: "renew", reason: "config-changed" });
    else if (this.#state.phase === "up" && this.#attempt !== undefined) void this.#settle(this.#attempt, "lost");
  }

  #perform(effect: TunnelEffect): void {
    switch (effect.type) {
      case "connect":
        clearTimeout(this.#retryTimer);
        this.#attempt = this.#successor ?? this.logins.begin(this.#state.phase === "connecting" ? this.#state.reason : "retry-due");
        this.#successor = undefined;
        this.#room.wait();
        void this.#settle(this.#attempt, "failed");
        return;
      case "disconnect":
        this.#watch.end();
        this.#room.wait();
        this.#attempt?.end();
        this.#attempt = undefined;
        this.forwards.detach();
        this.rttMs = undefined;
        return;
      case "connect-successor":
        this.#successor = this.logins.begin(effect.reason);
        void this.#succeed(this.#successor, effect.reason);
        return;
      case "drop-successor":
        this.#dropSuccessor();
        return;
      case "promote-successor":
        this.#promote();
        return;
      case "schedule-retry":
        this.#retryTimer = setTimeout(() => this.handle({ type: "retry-due" }), effect.delayMs);
        return;
      case "cancel-retry":
        clearTimeout(this.#retryTimer);
        return;
      case "close":
        this.#dropSuccessor();
        this.#drains.end();
        this.#room.shut(new Failure("session-gone", `the tunnel ${this.#spec.name} is stopped`));
        this.forwards.close();
        return;
    }
  }

  /** The listeners and the session at the same time. What comes of an attempt that was ended is nobody's any more. */
  async #settle(attempt: Attempt, onFailure: "failed" | "lost"): Promise<void> {
    // What is still heard from the session, or of the services, before this is not about these.
    this.#watch.end();
    this.forwards.adopt(this.#spec.forwards);
    try {
      // Clients that wait are served as soon as there is a session, before anything else is asked of it.
      const opened = attempt.opened.then((session) => {
        if (this.#attempt !== attempt) return;
        this.#room.open(session);
        void this.forwards.attach(session);
      });
      await Promise.all([onFailure === "lost" ? this.forwards.listenWhereFree() : this.forwards.listen(), opened]);
    } catch (error) {
      if (this.#attempt === attempt) this.handle({ type: onFailure, failure: this.#named(error) });
      return;
    }
    if (this.#attempt !== attempt) return;
    this.handle({ type: "opened" });
    await this.#watchOver(attempt);
  }

  async #succeed(successor: Attempt, reason: RenewalReason): Promise<void> {
    const standing = this.#attempt?.session;
    if (standing === undefined) return;
    try {
      const event = await prepareSuccessor(successor, {
        reason,
        standing,
        asked: () => this.#watch.asked,
        forwards: this.#spec.forwards,
        answersNow: (forward) => this.forwards.isHealthy(forward),
      });
      if (this.#successor !== successor) return;
      // Nobody has asked the services at the other place yet.
      if (reason === "config-changed") this.forwards.health.clear();
      this.handle(event);
    } catch (error) {
      if (this.#successor === successor) this.handle({ type: "renewal-failed", failure: this.#named(error) });
    }
  }

  /** New connections go through the new session from here on; the old one ends with its last. */
  #promote(): void {
    const before = this.#attempt?.session;
    this.#attempt = this.#successor;
    this.#successor = undefined;
    this.rttMs = undefined;
    this.forwards.adopt(this.#spec.forwards);
    const next = this.#attempt?.session;
    if (before !== undefined) this.#drains.add(before, next === undefined ? Promise.resolve() : this.forwards.attach(next));
    if (this.#attempt !== undefined) void this.#settle(this.#attempt, "lost");
  }

  #dropSuccessor(): void {
    this.#successor?.end();
    this.#successor = undefined;
  }

  async #watchOver(attempt: Attempt, session = attempt.session): Promise<void> {
    if (session === undefined) return;
    const failure = await this.#watch.over(session, this.forwards.listeners, keepalivePolicy(this.#spec.keepalive, this.facts.keepalive), {
      onRoundTrip: (rttMs) => {
        this.rttMs = rttMs;
        this.handle({ type: "trusted" });
      },
      onDoubt: () => this.handle({ type: "renew", reason: "peer-doubted" }),
      onTrust: () => this.handle({ type: "trusted" }),
      onHealth: (listener, result) => this.#noteHealth(listener, result),
    });
    // Another may have taken over in the very turn in which it was lost.
    if (failure !== undefined && this.#attempt === attempt) this.handle({ type: "lost", failure });
  }

  #noteHealth(listener: Forward, result: HealthResult): void {
    const isOther = this.forwards.note(listener, result, this.#context.clock.nowMs());
    if (result.state === "ok") this.handle({ type: "proved" });
    if (isOther) this.#context.onChange(this.#state, this.#state);
  }

  /** A bug is told with its stack, once, here. */
  #named(error: unknown): Failure {
    const failure = asFailure(error);
    if (failure.code === "internal") this.#context.log.error({ event: "tunnel.bug", err: error }, failure.message);
    return failure;
  }
}
