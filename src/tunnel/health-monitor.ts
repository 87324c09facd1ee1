import { sleep } from "../base/abort.js";
import type { ForwardListener } from "../forward/listener.js";
import { checkService } from "../health/check.js";
import type { HealthResult } from "../health/result.js";
import type { SshSession } from "../ssh/session.js";

/** A service that does not answer is asked more often, so that its return is seen soon. */
const failingEveryMs = 2_000;
/** How soon a client that was refused makes a service that was fine be asked again. */
const doubtEveryMs = 500;

/** Checks one forward's service through `session` until `signal` aborts, and tells each result. */
export async function monitorHealth(
  { spec, counters }: ForwardListener,
  session: SshSession,
  onResult: (result: HealthResult) => void,
  signal: AbortSignal,
): Promise<void> {
  const { health, to } = spec;
  while (!signal.aborted) {
    const refusedBefore = counters.refused;
    const result = await checkService(health, to, (deadline) => session.dial(to, deadline), signal);
    if (signal.aborted) return;
    onResult(result);
    const pauseMs = result.state === "ok" ? health.everyMs : Math.min(health.everyMs, failingEveryMs);
    const isDoubted = () => result.state === "ok" && counters.refused > refusedBefore;
    for (let leftMs = pauseMs; leftMs > 0 && !isDoubted(); leftMs -= doubtEveryMs) {
      if (!(await sleep(Math.min(leftMs, doubtEveryMs), signal))) return;
    }
  }
}
