import type { Logger } from "../../src/base/logger.js";
import type { BusyPolicy } from "../../src/forward/place/busy-policy.js";

export const quietLog: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Leaves everybody where they are, and waits until they go. */
export const holdPort: BusyPolicy = {
  onBusy: async (_wanted, failure) => failure,
  alternatives: () => [],
  onPlaced: () => {},
  onTwinChanged: () => {},
};
