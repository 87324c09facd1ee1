import { type Schedule, scheduleOf } from "../config/schedule.js";
import type { TunnelEntry } from "../config/schema.js";
import type { TunnelSpec } from "../config/tunnel-spec.js";
import { noPast, remember, type TunnelPast } from "../tunnel/outage.js";
import { reasonOf, reportTunnel } from "../tunnel/report.js";
import { type RunnerContext, TunnelRunner } from "../tunnel/runner.js";
import type { ScheduleTimes } from "../tunnel/schedule.js";
import type { TunnelStatus } from "../tunnel/status.js";
import { logTransition } from "./log-lines.js";
import { promptOf } from "./prompts.js";

/** A tunnel that the daemon looks after: the runner, what it was made from, and what has become of it so far. */
export class ManagedTunnel {
  readonly runner: TunnelRunner;
  /** As it stands in the config, also after an edit that the runner does not notice: one of the schedule. */
  entry: TunnelEntry;
  /** Whether the config has it. False for `--once`, and for the moment before a new tunnel is written. */
  isSaved: boolean;
  past: TunnelPast;
  scheduleTimes: ScheduleTimes | undefined;

  constructor(
    spec: TunnelSpec,
    entry: TunnelEntry,
    isSaved: boolean,
    past: TunnelPast | undefined,
    context: Omit<RunnerContext, "onChange"> & { onChange: () => void },
  ) {
    this.entry = entry;
    this.isSaved = isSaved;
    this.past = past ?? noPast;
    this.runner = new TunnelRunner(spec, {
      ...context,
      onChange: (before, after) => {
        this.past = remember(this.past, before, after);
        if (before.phase !== after.phase || reasonOf(before) !== reasonOf(after)) logTransition(context.log, this.runner, before, after);
        context.onChange();
      },
    });
  }

  get schedule(): Schedule | undefined {
    return scheduleOf(this.entry);
  }

  report(): TunnelStatus {
    const { past, isSaved, scheduleTimes, runner } = this;
    return reportTunnel(runner, { past, isSaved, scheduleTimes, prompt: promptOf(runner) });
  }
}
