import type { TunnelEntry } from "../config/schema.js";
import type { TunnelSpec } from "../config/tunnel-spec.js";
import type { RunnerContext } from "../tunnel/context.js";
import { noPast, remember, type TunnelPast } from "../tunnel/outage.js";
import { reportTunnel } from "../tunnel/report.js";
import { TunnelRunner } from "../tunnel/runner.js";
import type { TunnelStatus } from "../tunnel/status.js";
import { logTransition } from "./log-lines.js";
import { promptOf } from "./prompts.js";

export interface ManagedContext extends Omit<RunnerContext, "onChange"> {
  /** Called after every change that `status` would show. */
  readonly onChange: () => void;
  /** Whether the machine has just slept. */
  readonly isWaking: () => boolean;
}

/** A tunnel that the daemon looks after: the runner, what it was made from, and what has become of it so far. */
export class ManagedTunnel {
  readonly runner: TunnelRunner;
  entry: TunnelEntry;
  /** Whether the config has it. False for `--once`, and for the moment before a new tunnel is written. */
  isSaved: boolean;
  past: TunnelPast = noPast;

  constructor(spec: TunnelSpec, entry: TunnelEntry, isSaved: boolean, context: ManagedContext) {
    this.entry = entry;
    this.isSaved = isSaved;
    this.runner = new TunnelRunner(spec, {
      ...context,
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
    this.runner.adopt(spec);
  }

  report(): TunnelStatus {
    return reportTunnel(this.runner, { past: this.past, isSaved: this.isSaved, prompt: promptOf(this.runner) });
  }
}
