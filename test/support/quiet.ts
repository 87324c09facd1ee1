import { systemClock } from "../../src/base/clock.js";
import { Failure } from "../../src/base/failure.js";
import type { Logger } from "../../src/base/logger.js";
import { formatDestination } from "../../src/config/destination.js";
import type { BusyPolicy } from "../../src/forward/place/busy-policy.js";
import type { NameFacts } from "../../src/ssh/names/naming-session.js";

export const quietLog: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Of a server at which nothing has a name. */
export const unnamed: NameFacts = {
  resolve: (name) => Promise.reject(new Failure("container-unknown", `nobody knows ${formatDestination(name)}`)),
  clock: systemClock,
};

/** Leaves everybody where they are, and waits until they go. */
export const holdPort: BusyPolicy = {
  reservation: () => undefined,
  onBusy: async (_wanted, failure) => failure,
  alternatives: () => [],
  onPlaced: () => {},
  onTwinChanged: () => {},
};
