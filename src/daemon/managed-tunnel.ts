import { type Schedule, scheduleOf } from "../config/schedule.js";
import type { TunnelEntry } from "../config/schema.js";
import type { TunnelSpec } from "../config/tunnel-spec.js";
import type { RunnerContext } from "../tunnel/context.js";
import { remember, type TunnelPast } from "../tunnel/outage.js";
import { reportTunnel } from "../tunnel/report.js";
import { TunnelRunner } from "../tunnel/runner.js";
import type { ScheduleTimes } from "../tunnel/schedule.js";
import type { PromptStatus, TunnelStatus } from "../tunnel/status.js";
import { logTransition } from "./log/log-lines.js";
import { TunnelPorts, type TunnelPortsContext } from "./ports/tunnel-ports.js";
import { hostKeyPromptOf } from "./prompts.js";

export interface ManagedContext extends Omit<RunnerContext, "onChange" | "busyPolicy">, TunnelPortsContext {
  /** Whether the machine has just slept. */
  readonly isWaking: () => boolean;
}

/** A tunnel that the daemon looks after: the runner, what it was made from, and what has become of it so far. */
export class ManagedTunnel {
  readonly runner: TunnelRunner;
  readonly ports: TunnelPorts;
  past: TunnelPast;
  scheduleTimes: ScheduleTimes | undefined;
  #entry: TunnelEntry;
  #isSaved = false;

  constructor(spec: TunnelSpec, entry: TunnelEntry, past: TunnelPast, context: ManagedContext) {
    this.#entry = entry;
    this.past = past;
    this.ports = new TunnelPorts(spec, context);
    this.runner = new TunnelRunner(spec, {
      ...context,
      busyPolicy: this.ports,
      onChange: (before, after) => {
        this.past = remember(this.past, before, after);
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

  /** The question that it has for a person while it is held, if it has one. */
  get prompt(): PromptStatus | null {
    const { state } = this.runner;
    const isPortBusy = state.phase === "held" && state.failure.code === "port-busy";
    return isPortBusy ? this.ports.prompt : hostKeyPromptOf(this.runner);
  }

  get schedule(): Schedule | undefined {
    return scheduleOf(this.#entry);
  }

  report(isAwaited = false): TunnelStatus {
    const { past, isSaved, scheduleTimes, prompt, runner } = this;
    return reportTunnel(runner, { past, isSaved, scheduleTimes, prompt, isAwaited });
  }
}
