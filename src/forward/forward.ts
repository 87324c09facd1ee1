import type { Endpoint } from "../base/address.js";
import type { ForwardSpec } from "../config/tunnel-spec.js";
import type { SshSession } from "../ssh/session.js";
import type { ForwardCounters } from "./counters.js";

/** One forward as its tunnel sees it, whatever its kind: it accepts on one side and dials on the other. */
export interface Forward {
  /** Another one of the same kind and bind may take its place at any time; it holds for the connections that come then. */
  spec: ForwardSpec;
  readonly counters: ForwardCounters;
  /** Whether somebody listens for it now: this machine, or the server. */
  readonly isOpen: boolean;
  /** Where it listens, or would. */
  readonly bind: Endpoint;
  /** What a person should know of it, in sentences. */
  readonly warnings: readonly string[];
  /** Takes what it needs of this machine, if it has not yet. Throws `port-busy`, `bind-denied` or `bind-unavailable`. */
  open(): Promise<void>;
  /** The same if that can be done at once, and tells whether it has it. Nobody is named, ended or evaded for it. */
  openIfFree(): Promise<boolean>;
  /**
   * This session stands, and is the one to go through from here on; connections of the one before go on. Resolves when nothing
   * is wanted of that any more.
   */
  attach(session: SshSession): Promise<void>;
  /** There is no session. */
  detach(): void;
  /** Resolves when it listens; rejects with why it does not. */
  listens(): Promise<void>;
  /** Gives back what it has, here and on the server, and ends every connection. */
  close(): void;
}
