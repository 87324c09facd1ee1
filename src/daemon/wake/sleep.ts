import type { Logger } from "../../base/logger.js";

/** On Linux hears from systemd-logind that the machine sleeps and wakes; elsewhere, and without logind, the clocks have to show it. */
export async function watchSleep(log: Logger, onWake: () => void): Promise<() => void> {
  if (process.platform !== "linux") return () => {};
  const { watchLogind } = await import("./logind.js");
  return watchLogind({
    onSleep: () => log.info({ event: "daemon.sleep" }, "the machine goes to sleep"),
    onWake: () => {
      log.info({ event: "daemon.wake" }, "the machine woke up");
      onWake();
    },
    onHearing: () => log.debug({ event: "logind.heard" }, "systemd-logind will tell of sleeps"),
    onDeaf: (why) => log.debug({ event: "logind.unheard", why }, "systemd-logind is not heard; the clocks will show a sleep"),
  });
}
