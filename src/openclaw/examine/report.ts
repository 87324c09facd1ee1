import type { FailureReport } from "../../base/failure.js";
import type { GatewayState } from "../../health/openclaw/gateway-seen.js";
import type { ServerListener } from "../server/listeners.js";

/** What one finds behind a session that stands: for `doctor`, by the daemon's session or by one of its own. */
export interface ServerExamination {
  /** The tunnel's local and dynamic forwards, in their order. */
  readonly forwards: readonly ForwardExamination[];
  /** What listens on the server; null where there is no port to look for. */
  readonly listeners: ListenersExamination | null;
}

export interface ForwardExamination {
  /** Where it leads, `host:port` or a path; null for a dynamic forward. */
  readonly to: string | null;
  /** The TCP port that it leads to; null for a path, a dynamic forward, and a name that the server did not know. */
  readonly port: number | null;
  /** Why the server opened no channel; null where it did. */
  readonly channel: FailureReport | null;
  /** Whether a channel that is forbidden to 127.0.0.1 is allowed to `localhost`: permitopen= names that. */
  readonly isOpenAsLocalhost: boolean;
  /** What the service answered; null where there was no channel. */
  readonly health: ServiceExamination | null;
}

export interface ServiceExamination {
  readonly isOk: boolean;
  readonly detail: string;
  readonly failure: FailureReport | null;
  /** Null for what is not asked as an OpenClaw gateway. */
  readonly gateway: GatewayState | null;
}

export interface ListenersExamination {
  /** Why nothing could be seen: `exec-refused` for a key that may only forward. */
  readonly failure: FailureReport | null;
  readonly found: readonly ServerListener[];
  /** The port that the gateway's configuration names; null where that could not be read, and `configFailure` says why. */
  readonly gatewayPort: number | null;
  readonly configFailure: FailureReport | null;
  /** Where else, on the server's loopback, something answers as a gateway; looked for when none does where it should. */
  readonly gatewaysElsewhere: readonly number[];
}
