import type { Job } from "node-schedule";

/** Rings once, at a time of the wall clock; setting it anew takes back what it was set to before. */
export interface Alarm {
  /** `atMs` undefined: no ring. A time that has passed rings at once. */
  set(atMs: number | undefined, ring: () => void): void;
}

/**
 * An alarm that runs on node-schedule, which is loaded when it is first set: it brings luxon along, and most have no schedule. Its
 * timers stand still while a machine sleeps, so whoever sets it sets it again when the clocks have jumped.
 */
export function createAlarm(): Alarm {
  let job: Job | undefined;
  let latest = 0;
  return {
    set(atMs, ring) {
      job?.cancel();
      job = undefined;
      latest += 1;
      const mine = latest;
      if (atMs === undefined) return;
      void import("node-schedule").then(({ scheduleJob }) => {
        // node-schedule 2.1 cannot cancel a job whose timer came before its time, as it does when the clock was set back.
        const ringIfWanted = () => {
          if (mine === latest) ring();
        };
        if (mine !== latest) return;
        job = scheduleJob(new Date(atMs), ringIfWanted) ?? undefined;
        if (job === undefined) ringIfWanted();
      });
    },
  };
}
