import type { TunnelEntry } from "../config/schema.js";
import type { TunnelSpec } from "../config/tunnel-spec.js";
import { noPast, remember, type TunnelPast } from "../tunnel/outage.js";
import { reasonOf, reportTunnel } from "../tunnel/report.js";
import { type RunnerContext, TunnelRunner } from "../tunnel/runner.js";
import type { PromptStatus, TunnelStatus } from "../tunnel/status.js";
import { logTransition } from "./log-lines.js";
import { hostKeyPromptOf } from "./prompts.js";
import { type Opening, TunnelPorts, type TunnelPortsContext } from "./tunnel-ports.js";

/** A tunnel that the daemon looks after: the runner, what it was made from, and what has become of it so far. */
export class ManagedTunnel {
  readonly runner: TunnelRunner;
  readonly ports: TunnelPorts;
  readonly entry: TunnelEntry;
  /** Whether the config has it. False for `--once`, and for the moment before a new tunnel is written. */
  isSaved: boolean;
  past: TunnelPast;

  constructor(
    spec: TunnelSpec,
    entry: TunnelEntry,
    isSaved: boolean,
    past: TunnelPast | undefined,
    opening: Opening,
    context: Omit<RunnerContext, "onChange" | "busyPolicy"> & TunnelPortsContext,
  ) {
    this.entry = entry;
    this.isSaved = isSaved;
    this.past = past ?? noPast;
    this.ports = new TunnelPorts(spec, opening, context);
    this.runner = new TunnelRunner(spec, {
      ...context,
      busyPolicy: this.ports,
      onChange: (before, after) => {
        this.past = remember(this.past, before, after);
        if (before.phase !== after.phase || reasonOf(before) !== reasonOf(after)) logTransition(context.log, this.runner, before, after);
        context.onChange();
      },
    });
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
