import type { Clock } from "../base/clock.js";
import type { Logger } from "../base/logger.js";
import type { BusyPolicy } from "../forward/place/busy-policy.js";
import type { CheckForward } from "../health/check-forward.js";
import type { Knocker } from "../ssh/knock.js";
import type { Person } from "../ssh/person.js";
import type { SshEngine } from "../ssh/session.js";
import type { TunnelState } from "./state.js";

/** What a tunnel needs from the outside. */
export interface RunnerContext {
  readonly engine: SshEngine;
  readonly knocker: Knocker;
  readonly clock: Clock;
  readonly log: Logger;
  /** Uniform in [0, 1). */
  readonly chance: () => number;
  readonly agentSocket: () => string | undefined;
  /** Who answers what one log-in asks. */
  readonly person: () => Person;
  readonly busyPolicy: BusyPolicy;
  /** Asks the service behind a forward; `checkForward` when left out. */
  readonly check?: CheckForward;
  /** Called after every change that `status` would show. */
  readonly onChange: (before: TunnelState, after: TunnelState) => void;
}
