import type { Failure } from "../base/failure.js";

/** Why a tunnel is stopped. */
export type StopReason = "new" | "asked" | "schedule" | "removed" | "shutdown";
/** Why a connection attempt began. */
export type ConnectReason =
  | "asked"
  | "daemon-started"
  | "config-changed"
  | "schedule"
  | "retry-due"
  | "cause-changed"
  | "restart-asked"
  | "woke"
  | "network-changed";

/** Why a second session is opened beside the one that stands. `peer-doubted`: the server left a question unanswered.
 * `preferred-target`: a better one of several targets accepts connections. */
export type RenewalReason = "restart-asked" | "config-changed" | "renewal-due" | "peer-doubted" | "preferred-target";

/** The new session that is to take over from the one that stands: on its way, or why it did not come to anything. */
export interface Renewal {
  readonly reason: RenewalReason;
  readonly sinceMs: number;
  readonly failure: Failure | null;
}

/** The life of a tunnel. Each phase carries only what is true in it. Times are wall clock ms. */
export type TunnelState =
  | { readonly phase: "stopped"; readonly sinceMs: number; readonly reason: StopReason }
  /** `failure`: what the attempt before it came to, or what ended the session. */
  | {
      readonly phase: "connecting";
      readonly sinceMs: number;
      readonly reason: ConnectReason;
      readonly failures: number;
      readonly failure: Failure | null;
    }
  /**
   * `isProven`: an answer has come back through a forward of this very session. `isDoubted`: its peer left the last question
   * unanswered, whether or not a successor is made ready for that.
   */
  | {
      readonly phase: "up";
      readonly sinceMs: number;
      readonly failures: number;
      readonly isProven: boolean;
      readonly isDoubted: boolean;
      readonly renewal: Renewal | null;
    }
  | {
      readonly phase: "waiting";
      readonly sinceMs: number;
      readonly failure: Failure;
      readonly failures: number;
      readonly retryAtMs: number;
    }
  | { readonly phase: "held"; readonly sinceMs: number; readonly failure: Failure };

export type Phase = TunnelState["phase"];

/** What happens to a tunnel. The shell turns the outside world into these, in order. */
export type TunnelEvent =
  | { readonly type: "start"; readonly reason: ConnectReason }
  | { readonly type: "stop"; readonly reason: StopReason }
  /** The session and every listener stand. */
  | { readonly type: "opened" }
  /** An answer came back through a forward. */
  | { readonly type: "proved" }
  /** The attempt did not get there. */
  | { readonly type: "failed"; readonly failure: Failure }
  /** A session that stood is gone, or must go. */
  | { readonly type: "lost"; readonly failure: Failure }
  | { readonly type: "retry-due" }
  /** What a held or waiting tunnel waits for may have changed: try now. */
  | { readonly type: "cause-changed"; readonly reason: ConnectReason }
  /** A new session is wanted in place of the one that stands. */
  | { readonly type: "renew"; readonly reason: RenewalReason }
  /** The peer has answered; it may have been doubted. */
  | { readonly type: "trusted" }
  /** The new session stands and is verified. */
  | { readonly type: "renewed" }
  | { readonly type: "renewal-failed"; readonly failure: Failure };

/** What the shell has to do, in order. */
export type TunnelEffect =
  /** Abort the attempt and close the session, whichever there is. Always before another `connect`. */
  | { readonly type: "disconnect" }
  /** Open a session; the successor is it, when there is one. */
  | { readonly type: "connect" }
  /** Open a session beside the one that stands. */
  | { readonly type: "connect-successor"; readonly reason: RenewalReason }
  | { readonly type: "drop-successor" }
  /** New connections go to the successor; the session before it ends when its own have. */
  | { readonly type: "promote-successor" }
  | { readonly type: "schedule-retry"; readonly delayMs: number }
  | { readonly type: "cancel-retry" }
  /** Give the local addresses back, and end whatever of this tunnel is still on its way or draining. */
  | { readonly type: "close" };
