import type { Failure } from "../base/failure.js";
import type { KeepalivePolicy } from "../config/tunnel-spec.js";
import type { ForwardListener } from "../forward/listener.js";
import type { HealthResult } from "../health/result.js";
import type { SshSession } from "../ssh/session.js";
import { monitorHealth } from "./health-monitor.js";
import { watchForSilence } from "./keepalive.js";
import type { Suspicion } from "./suspicion.js";

export interface SessionWatcher {
  onRoundTrip(rttMs: number): void;
  onHealth(listener: ForwardListener, result: HealthResult): void;
}

/** Watches a session that stands and the services behind it, until it is lost; resolves with the first cause. */
export async function watchSession(
  session: SshSession,
  listeners: readonly ForwardListener[],
  keepalive: KeepalivePolicy,
  suspicion: Suspicion,
  watcher: SessionWatcher,
): Promise<Failure> {
  const life = new AbortController();
  const prohibited = new Set<ForwardListener>();
  const allProhibited = new Promise<Failure>((resolve) => {
    for (const listener of listeners) {
      const judge = (result: HealthResult) => {
        watcher.onHealth(listener, result);
        if (result.state === "ok" || result.failure.code !== "forwarding-prohibited") prohibited.delete(listener);
        else if (prohibited.add(listener).size === listeners.length) resolve(result.failure);
      };
      void monitorHealth(listener, session, judge, life.signal);
    }
  });
  const silent = watchForSilence(session, keepalive, suspicion, (rttMs) => watcher.onRoundTrip(rttMs), life.signal);
  const never = new Promise<never>(() => {});
  const failure = await Promise.race([session.ended, silent.then((found) => found ?? never), allProhibited]);
  life.abort();
  return failure;
}
