import type { ForwardSpec } from "../config/tunnel-spec.js";
import { checkThrough } from "../health/check-forward.js";
import type { SshSession } from "../ssh/session.js";
import type { Attempt } from "./attempt.js";
import type { AskReason } from "./silence/patience.js";
import { PeerSilent } from "./silence/peer-silent.js";
import type { RenewalReason, TunnelEvent } from "./state.js";

export interface Succession {
  readonly reason: RenewalReason;
  /** The session that is to be replaced. */
  readonly standing: SshSession;
  /** Why a peer that is doubted was asked. */
  readonly asked: () => AskReason;
  readonly forwards: readonly ForwardSpec[];
  /** Whether the service behind a forward answers through the standing session. */
  readonly answersNow: (forward: ForwardSpec) => boolean;
}

/**
 * Waits until a second session can take over from the one that stands, and tells what comes of it. For a peer that is doubted it
 * need only stand before that peer speaks. Any other is verified first: every service that answers now has to answer through it,
 * unless the tunnel leads elsewhere from now on. Rejects with the failure when it does not come to that.
 */
export async function prepareSuccessor(successor: Attempt, succession: Succession): Promise<TunnelEvent> {
  const { reason, standing, forwards, answersNow } = succession;
  const receivedBefore = standing.traffic().receivedBytes;
  const session = await successor.opened;
  if (reason === "peer-doubted") {
    if (standing.traffic().receivedBytes > receivedBefore) return { type: "trusted" };
    return {
      type: "lost",
      failure: new PeerSilent("the server answered nothing, and a new session stood before it did", succession.asked()),
    };
  }
  if (reason !== "config-changed") await Promise.all(forwards.filter(answersNow).map((forward) => verify(session, forward)));
  return { type: "renewed" };
}

async function verify(session: SshSession, forward: ForwardSpec): Promise<void> {
  const life = new AbortController();
  const result = await checkThrough(forward, session, life.signal);
  if (result.state === "failing") throw result.failure;
}
