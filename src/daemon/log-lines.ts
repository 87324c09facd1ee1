import type { Logger } from "../base/logger.js";
import { formatTarget } from "../config/target.js";
import { reasonOf } from "../tunnel/report.js";
import type { TunnelRunner } from "../tunnel/runner.js";
import type { TunnelState } from "../tunnel/state.js";

/** The one designed line for each change of state. `info` a change someone would ask about, `warn` it heals, `error` it needs a person. */
export function logTransition(log: Logger, runner: TunnelRunner, before: TunnelState, after: TunnelState): void {
  const { spec } = runner;
  const fields = { event: `tunnel.${after.phase}`, tunnel: spec.name, from: before.phase, reason: reasonOf(after) };
  switch (after.phase) {
    case "stopped":
      log.info(fields, "tunnel is stopped");
      return;
    case "connecting":
      log.info({ ...fields, failures: after.failures }, `connecting to ${formatTarget(spec.login.target)}`);
      return;
    case "up":
      log.info({ ...fields, tookMs: after.sinceMs - before.sinceMs }, "tunnel is up");
      return;
    case "waiting":
      log.warn({ ...fields, failures: after.failures, retryInMs: after.retryAtMs - after.sinceMs }, after.failure.message);
      return;
    case "held":
      log.error({ ...fields, hint: after.failure.hint.replaceAll("NAME", spec.name) }, after.failure.message);
      return;
  }
}
