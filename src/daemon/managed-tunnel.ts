import type { TunnelEntry } from "../config/schema.js";
import type { TunnelSpec } from "../config/tunnel-spec.js";
import type { RunnerContext } from "../tunnel/context.js";
import { remember, type TunnelPast } from "../tunnel/outage.js";
import { reportTunnel } from "../tunnel/report.js";
import { TunnelRunner } from "../tunnel/runner.js";
import type { PromptStatus, TunnelStatus } from "../tunnel/status.js";
import { logTransition } from "./log-lines.js";
import { hostKeyPromptOf } from "./prompts.js";
import { type Opening, TunnelPorts, type TunnelPortsContext } from "./tunnel-ports.js";

export interface ManagedContext extends Omit<RunnerContext, "onChange" | "busyPolicy">, TunnelPortsContext {
  /** Whether the machine has just slept. */
  readonly isWaking: () => boolean;
}

/** A tunnel that the daemon looks after: the runner, what it was made from, and what has become of it so far. */
export class ManagedTunnel {
  readonly runner: TunnelRunner;
  readonly ports: TunnelPorts;
  entry: TunnelEntry;
  /** Whether the config has it. False for `--once`, and for the moment before a new tunnel is written. */
  isSaved: boolean;
  past: TunnelPast;

  constructor(spec: TunnelSpec, entry: TunnelEntry, isSaved: boolean, opening: Opening, past: TunnelPast, context: ManagedContext) {
    this.entry = entry;
    this.past = past;
    this.isSaved = isSaved;
    this.ports = new TunnelPorts(spec, opening, context);
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

  /** What the config says of this tunnel now: only what was edited moves. */
  adopt(spec: TunnelSpec, entry: TunnelEntry): void {
    this.entry = entry;
    this.isSaved = true;
    this.ports.adopt(spec);
    this.runner.adopt(spec);
  }

  /** The question that it has for a person while it is held, if it has one. */
  get prompt(): PromptStatus | null {
    const { state } = this.runner;
    const isPortBusy = state.phase === "held" && state.failure.code === "port-busy";
    return isPortBusy ? this.ports.prompt : hostKeyPromptOf(this.runner);
  }

  report(): TunnelStatus {
    return reportTunnel(this.runner, { past: this.past, isSaved: this.isSaved, prompt: this.prompt });
  }
}
