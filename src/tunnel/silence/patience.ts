import type { KeepalivePolicy } from "./policy.js";

/**
 * Why the peer is asked: because it was due; because something waits for it longer than a living one lets it (`suspected`); or
 * because the machine slept or the network changed, for no fault of the peer (`hurried`).
 */
export type AskReason = "routine" | "suspected" | "hurried";

/** How long a peer may be silent after a question. */
export interface Patience {
  /** From here on a successor is made ready. */
  readonly doubtMs: number;
  /** From here on it is lost. */
  readonly giveUpMs: number;
}

/** The least time that a peer gets that is asked out of turn. */
const leastDoubtMs = 300;
const leastSuspectedMs = 1_000;
/** Further away than this nobody is; a round trip that is longer was spent in a queue. */
const rttMaxMs = 1_500;

/** The slowest link that is not taken for a dead one. */
const slowBytesPerSecond = 32 * 1024;
/** sshd confirms what it has read in steps of about 96 KiB for each channel (channels.c: three packets of the largest size). */
const queueMaxBytes = 256 * 1024;

/**
 * A question is answered after one round trip, once what is on the way before it has been delivered. `onTheWayBytes` are bytes
 * of ours that may still be in a queue somewhere: on a slow link with an upload the peer says nothing while it reads them.
 */
export function patienceFor(policy: KeepalivePolicy, reason: AskReason, rttMs: number, onTheWayBytes: number): Patience {
  const farMs = Math.min(rttMs, rttMaxMs);
  const queueMs = Math.ceil((Math.min(onTheWayBytes, queueMaxBytes) / slowBytesPerSecond) * 1000);
  const routineMs = policy.countMax * policy.replyTimeoutMs;
  const doubtMs = Math.max(reason === "routine" ? policy.replyTimeoutMs : leastDoubtMs, 3 * farMs);
  const giveUpMs = Math.max(reason === "suspected" ? leastSuspectedMs : routineMs, 4 * farMs);
  return { doubtMs: doubtMs + queueMs, giveUpMs: giveUpMs + queueMs };
}
