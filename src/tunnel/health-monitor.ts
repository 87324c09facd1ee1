import { sleep } from "../base/abort.js";
import type { ForwardSpec } from "../config/tunnel-spec.js";
import { checkService } from "../health/check.js";
import type { HealthResult } from "../health/result.js";
import type { SshSession } from "../ssh/session.js";

/** A service that does not answer is asked more often, so that its return is seen soon. */
const failingEveryMs = 2_000;

/** Checks one forward's service through `session` until `signal` aborts, and tells each result. */
export async function monitorHealth(
  forward: ForwardSpec,
  session: SshSession,
  onResult: (result: HealthResult) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const result = await checkService(forward.health, forward.to, (deadline) => session.dial(forward.to, deadline), signal);
    if (signal.aborted) return;
    onResult(result);
    const { everyMs } = forward.health;
    await sleep(result.state === "ok" ? everyMs : Math.min(everyMs, failingEveryMs), signal);
  }
}
