import type { Logger } from "../../base/logger.js";
import { formatTarget } from "../../config/target.js";
import { targetsOf } from "../../config/targets-of.js";
import type { TunnelSpec } from "../../config/tunnel-spec.js";
import { reasonOf } from "../../tunnel/report.js";
import type { TunnelState } from "../../tunnel/state.js";

type UpState = TunnelState & { phase: "up" };

/**
 * The one designed line for each change of state. `info` a change someone would ask about, `warn` it heals, `error` it needs a
 * person. Just after a sleep (`isWaking`) a network that is not back yet is nothing to warn of.
 */
export function logTransition(log: Logger, spec: TunnelSpec, before: TunnelState, after: TunnelState, isWaking: boolean): void {
  const fields = { event: `tunnel.${after.phase}`, tunnel: spec.name, from: before.phase, reason: reasonOf(after) };
  switch (after.phase) {
    case "stopped":
      log.info(fields, "tunnel is stopped");
      return;
    case "connecting":
      log.info({ ...fields, failures: after.failures }, `connecting to ${targetsOf(spec).map(formatTarget).join(", or else ")}`);
      return;
    case "up":
      if (before.phase === "up") logRenewal(log, spec.name, before, after);
      else log.info({ ...fields, tookMs: after.sinceMs - before.sinceMs }, "tunnel is up");
      return;
    case "waiting":
      log[isWaking ? "info" : "warn"](
        { ...fields, failures: after.failures, retryInMs: after.retryAtMs - after.sinceMs },
        after.failure.message,
      );
      return;
    case "held":
      log.error({ ...fields, hint: after.failure.hint.replaceAll("NAME", spec.name) }, after.failure.message);
      return;
  }
}

/** What becomes of the session that is to take over from the one that stands. */
function logRenewal(log: Logger, tunnel: string, before: UpState, after: UpState): void {
  if (before.renewal === after.renewal) return;
  const fields = { event: "tunnel.renewal", tunnel, reason: (after.renewal ?? before.renewal)?.reason };
  if (after.renewal === null) {
    const isReplaced = after.sinceMs !== before.sinceMs;
    log.info(fields, isReplaced ? "a new session has taken over" : "the server answered; its session goes on");
  } else if (after.renewal.failure === null) log.info(fields, "opening a new session beside the one that stands");
  else log.warn({ ...fields, code: after.renewal.failure.code }, `the session that stands goes on: ${after.renewal.failure.message}`);
}
