import { sleep } from "../../base/abort.js";
import type { ServiceMessage } from "./notify.js";

/** How often the control API is asked until it answers for the first time. */
const askEveryMs = 100;
const statusEveryMs = 2_000;

export interface SystemdContext {
  readonly say: (message: ServiceMessage) => void;
  /** Whether the daemon's own control API answers. Never rejects. */
  readonly isAnswering: () => Promise<boolean>;
  /** What `systemctl status` is to show. */
  readonly describe: () => string;
  readonly watchdogMs: number | undefined;
}

export interface SystemdTold {
  /** What is described may have changed. */
  changed(): void;
  stopping(): void;
}

/**
 * Tells systemd that the daemon is ready as soon as its control API really answers, how it fares whenever that changes, that it is
 * well as long as its control API answers, and that it stops.
 */
export function tellSystemd({ say, isAnswering, describe, watchdogMs }: SystemdContext): SystemdTold {
  const stopped = new AbortController();
  const { signal } = stopped;
  let told: string | undefined;
  let statusTimer: NodeJS.Timeout | undefined;

  const status = () => {
    told = describe();
    // Until it passes, changes are only noted; then the latest truth is told, if it is another.
    statusTimer = setTimeout(() => {
      statusTimer = undefined;
      if (describe() !== told) say({ status: status() });
    }, statusEveryMs).unref();
    return told;
  };

  const begin = async () => {
    while (!(await isAnswering())) if (!(await sleep(askEveryMs, signal))) return;
    if (signal.aborted) return;
    say({ ready: true, status: status() });
    while (watchdogMs !== undefined && (await sleep(watchdogMs / 3, signal))) {
      if ((await isAnswering()) && !signal.aborted) say({ isWell: true });
    }
  };
  void begin();

  return {
    changed: () => {
      if (told === undefined || statusTimer !== undefined || signal.aborted) return;
      if (describe() !== told) say({ status: status() });
    },
    stopping: () => {
      clearTimeout(statusTimer);
      stopped.abort();
      say({ stopping: true });
    },
  };
}
