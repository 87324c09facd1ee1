import { uptime } from "node:os";
import type { Logger } from "../../base/logger.js";
import { startPulse } from "./pulse.js";
import { watchSleep } from "./sleep.js";
import type { Gap } from "./wake.js";
import { type WakeWitness, WakeWitnesses } from "./wake-witness.js";

export interface WakeWatcher {
  /** The clocks jumped, for whatever reason. */
  onGap(gap: Gap): void;
  onWake(): void;
  onNetworkChange(): void;
}

/** Looks out for sleeps and changes of network, by every witness there is. Returns the way to stop it. */
export function watchWakes(log: Logger, watcher: WakeWatcher): () => void {
  const witnesses = new WakeWitnesses();
  const onWake = (witness: WakeWitness) => {
    if (witnesses.isNews(witness, uptime() * 1000)) watcher.onWake();
  };
  const stopPulse = startPulse({
    onGap: (gap) => {
      log.info({ event: "daemon.gap", ...gap }, "the clocks jumped");
      watcher.onGap(gap);
      // A clock that was set is no sleep: nothing that waits or stands is any different for it.
      if (gap.kind !== "clock-step") onWake("clocks");
    },
    onNetworkChange: () => {
      log.info({ event: "daemon.network" }, "the network changed");
      watcher.onNetworkChange();
    },
  });
  const listening = watchSleep(log, () => onWake("logind"));
  return () => {
    stopPulse();
    void listening.then((unwatch) => unwatch());
  };
}
