import { setTimeout as delay } from "node:timers/promises";
import { onTestFinished } from "vitest";

/** Does `work` over and over, with a pause in between, until it is stopped, which waits for what is under way. Ends with its test. */
export function repeat(work: () => Promise<unknown>, pauseMs: () => number): { stop(): Promise<void> } {
  let isWanted = true;
  const done = (async () => {
    while (isWanted) {
      await work();
      await delay(pauseMs());
    }
  })();
  const stop = async () => {
    isWanted = false;
    await done;
  };
  onTestFinished(stop);
  return { stop };
}
