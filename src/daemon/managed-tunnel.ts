import type { Address } from "../base/address.js";
import type { FailureReport } from "../base/failure.js";
import { type Schedule, scheduleOf } from "../config/schedule.js";
import type { TunnelEntry } from "../config/schema.js";
import type { TunnelSpec } from "../config/tunnel-spec.js";
import { GatewayWatch } from "../health/openclaw/gateway-watch.js";
import type { RunnerContext } from "../tunnel/context.js";
import { remember, type TunnelPast } from "../tunnel/outage.js";
import { reportTunnel } from "../tunnel/report.js";
import { TunnelRunner } from "../tunnel/runner.js";
import type { ScheduleTimes } from "../tunnel/schedule.js";
import type { TunnelEvent } from "../tunnel/state.js";
import type { PromptStatus, TunnelStatus } from "../tunnel/status.js";
import { logTransition } from "./log/log-lines.js";
import { TokenDesk } from "./openclaw/token-desk.js";
import { type PeopleContext, TunnelPeople } from "./people/tunnel-people.js";
import { TunnelPorts, type TunnelPortsContext } from "./ports/tunnel-ports.js";
import { hostKeyPromptOf } from "./prompts.js";

export interface ManagedContext extends Omit<RunnerContext, "onChange" | "busyPolicy" | "person">, TunnelPortsContext {
  readonly people: PeopleContext;
  /** Whether the machine has just slept. */
  readonly isWaking: () => boolean;
  /** What to do about a failure, where this machine's system has more to do with it than the failure tells. */
  readonly localHint?: (failure: FailureReport, firstHop: Address | null) => string | undefined;
}

/** A tunnel that the daemon looks after: the runner, what it was made from, and what has become of it so far. */
export class ManagedTunnel {
  readonly runner: TunnelRunner;
  readonly ports: TunnelPorts;
  readonly people: TunnelPeople;
  readonly #gateways: GatewayWatch;
  readonly #localHint: ManagedContext["localHint"];
  past: TunnelPast;
  scheduleTimes: ScheduleTimes | undefined;
  #entry: TunnelEntry;
  #isSaved = false;

  constructor(spec: TunnelSpec, entry: TunnelEntry, past: TunnelPast, context: ManagedContext) {
    this.#entry = entry;
    this.past = past;
    this.#localHint = context.localHint;
    this.ports = new TunnelPorts(spec, context);
    this.people = new TunnelPeople({
      ...context.people,
      tunnel: spec.name,
      usesKeyring: () => this.runner.spec.login.usesKeyring,
      onChange: context.onChange,
      onAnswerable: () => {
        if (this.runner.state.phase === "held") this.runner.handle({ type: "cause-changed", reason: "cause-changed" });
      },
    });
    const { clock, log } = context;
    const tokens = new TokenDesk(spec.name, context.people, this.people, clock);
    this.#gateways = new GatewayWatch({ tunnel: spec.name, clock, log, env: process.env, tokens });
    this.runner = new TunnelRunner(spec, {
      ...context,
      check: (forward, session, signal) => this.#gateways.check(forward, session, signal),
      person: () => this.people.begin(),
      busyPolicy: this.ports,
      onChange: (before, after) => {
        this.past = remember(this.past, before, after);
        this.people.follow(after);
        if (before !== after) logTransition(context.log, this.runner.spec, before, after, context.isWaking());
        context.onChange();
      },
    });
  }

  /** An edit of the config: only what it changed moves. */
  adopt(spec: TunnelSpec): void {
    this.ports.adopt(spec);
    this.runner.adopt(spec);
  }

  /** Does what was asked for. Whoever waits at a terminal for what becomes of it can be asked what only a person knows. */
  handle(event: TunnelEvent, isAttended: boolean): void {
    if (isAttended) this.people.isAttended = true;
    const isStanding = this.runner.state.phase === "up";
    const isWish = (event.type === "start" && event.reason === "asked") || (event.type === "renew" && event.reason === "restart-asked");
    const isAskedAnew = isWish && this.#gateways.accept(isAttended);
    this.runner.handle(event);
    if (isAskedAnew && isStanding && event.type === "start") this.#checkAnew();
    this.people.follow(this.runner.state);
  }

  /** A session that stands is left alone, but what was found through it before is not believed: the services are asked now. */
  #checkAnew(): void {
    this.runner.forwards.health.clear();
    this.runner.adopt(this.runner.spec);
  }

  /** The config has it, as `entry`: also after an edit that the runner does not notice, one of the schedule. */
  becomeSaved(entry: TunnelEntry): void {
    this.#entry = entry;
    this.#isSaved = true;
  }

  get entry(): TunnelEntry {
    return this.#entry;
  }

  /** False for `--once`, and for the moment before a new tunnel is written. */
  get isSaved(): boolean {
    return this.#isSaved;
  }

  /** What it has to ask or to tell a person, if anything. */
  get prompt(): PromptStatus | null {
    const { state } = this.runner;
    const isPortBusy = state.phase === "held" && state.failure.code === "port-busy";
    return isPortBusy ? this.ports.prompt : (hostKeyPromptOf(this.runner) ?? this.people.prompt);
  }

  get schedule(): Schedule | undefined {
    return scheduleOf(this.#entry);
  }

  report(isAwaited = false): TunnelStatus {
    const { past, isSaved, scheduleTimes, prompt, runner } = this;
    const status = reportTunnel(runner, { past, isSaved, scheduleTimes, prompt, isAwaited });
    const hint = status.failure === null ? undefined : this.#localHint?.(status.failure, runner.facts.firstHop);
    return {
      ...status,
      failure: status.failure && { ...status.failure, ...(hint !== undefined && { hint }) },
      warnings: [...status.warnings, ...this.#gateways.warnings, ...this.people.warnings],
    };
  }
}
