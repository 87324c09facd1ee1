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

/** The life of a tunnel. Each phase carries only what is true in it. Times are wall clock ms. */
export type TunnelState =
  | { readonly phase: "stopped"; readonly sinceMs: number; readonly reason: StopReason }
  | { readonly phase: "connecting"; readonly sinceMs: number; readonly reason: ConnectReason; readonly failures: number }
  /** `isProven`: an answer has come back through a forward of this very session. */
  | { readonly phase: "up"; readonly sinceMs: number; readonly failures: number; readonly isProven: boolean }
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
  | { readonly type: "cause-changed"; readonly reason: ConnectReason };

/** What the shell has to do, in order. */
export type TunnelEffect =
  /** Abort the attempt and close the session, whichever there is. Always before another `connect`. */
  | { readonly type: "disconnect" }
  | { readonly type: "connect" }
  | { readonly type: "schedule-retry"; readonly delayMs: number }
  | { readonly type: "cancel-retry" }
  | { readonly type: "close-listeners" };
