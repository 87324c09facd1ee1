import { sleep } from "../base/abort.js";
import type { Forward } from "../forward/forward.js";
import type { CheckForward } from "../health/check-forward.js";
import type { HealthResult } from "../health/result.js";
import type { SshSession } from "../ssh/session.js";

/** A service that does not answer is asked more often, so that its return is seen soon. */
const failingEveryMs = 2_000;
/** How soon a client that was refused makes a service that was fine be asked again. */
const doubtEveryMs = 500;

/** Checks one forward through `session` until `signal` aborts, and tells each result. */
export async function monitorHealth(
  forward: Forward,
  session: SshSession,
  checkForward: CheckForward,
  onResult: (result: HealthResult) => void,
  signal: AbortSignal,
): Promise<void> {
  const { counters, spec } = forward;
  const { health } = spec;
  while (!signal.aborted) {
    const refusedBefore = counters.refused;
    const result = await checkForward(forward, session, signal);
    if (signal.aborted) return;
    onResult(result);
    const pauseMs = result.state === "ok" ? health.everyMs : Math.min(health.everyMs, failingEveryMs);
    // What a client of a SOCKS proxy asks for may be anywhere, and is no sign of this forward's own health.
    const isDoubted = () => spec.kind !== "dynamic" && result.state === "ok" && counters.refused > refusedBefore;
    for (let leftMs = pauseMs; leftMs > 0 && !isDoubted(); leftMs -= doubtEveryMs) {
      if (!(await sleep(Math.min(leftMs, doubtEveryMs), signal))) return;
    }
  }
}
