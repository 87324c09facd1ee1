import { sleep, withDeadline } from "../base/abort.js";
import { Failure } from "../base/failure.js";
import type { KeepalivePolicy } from "../config/tunnel-spec.js";
import type { SshSession } from "../ssh/session.js";
import type { Suspicion } from "./suspicion.js";

/** How often to look whether our own unsent bytes move. */
const drainPollMs = 100;

/** The least time that a suspected peer gets for its answer; a far one gets four round trips. */
const suspectedReplyMs = 1_000;

/**
 * Asks the peer every `intervalMs` whether it is there, and returns the failure when it is not: `countMax` questions in a row,
 * each unanswered for `replyTimeoutMs`, and not one byte from it meanwhile. Any byte is a sign of life, an answer or not. Under
 * suspicion it is asked at once, and one question with a short deadline decides: a peer that answers keeps its session.
 * Returns undefined when `signal` ends the watch.
 */
export async function watchForSilence(
  session: SshSession,
  policy: KeepalivePolicy,
  suspicion: Suspicion,
  onRoundTrip: (rttMs: number) => void,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  let unanswered = 0;
  let isSuspected = false;
  let lastRttMs = 0;
  while (!signal.aborted) {
    const receivedBefore = session.traffic().receivedBytes;
    const timeoutMs = isSuspected ? Math.max(suspectedReplyMs, 4 * lastRttMs) : policy.replyTimeoutMs;
    const rttMs = await askOnce(session, timeoutMs, signal);
    if (signal.aborted) return undefined;
    const isAlive = rttMs !== undefined || session.traffic().receivedBytes > receivedBefore;
    unanswered = isAlive ? 0 : unanswered + 1;
    if (rttMs !== undefined) {
      lastRttMs = rttMs;
      onRoundTrip(rttMs);
    }
    if (unanswered >= policy.countMax || (isSuspected && !isAlive)) {
      const times = unanswered === 1 ? "a question" : `${unanswered} questions`;
      return new Failure(
        "peer-silent",
        `the server left ${times} unanswered for ${timeoutMs} ms${isSuspected ? ", while a client waited" : ""}`,
      );
    }
    isSuspected = isAlive && (await suspicion.within(policy.intervalMs, session, signal));
  }
  return undefined;
}

/** The round trip in ms, or undefined when there was none in time. A session that ended speaks through `ended`, not here. */
async function askOnce(session: SshSession, timeoutMs: number, signal: AbortSignal): Promise<number | undefined> {
  if (!(await drain(session, timeoutMs, signal))) return undefined;
  try {
    return await withDeadline(
      timeoutMs,
      signal,
      () => new Failure("peer-silent", "no answer"),
      (deadline) => session.probe(deadline),
    );
  } catch {
    return undefined;
  }
}

/** A question behind our own unsent bytes has not been asked yet. False when the kernel took none of them for `timeoutMs`. */
async function drain(session: SshSession, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  let { sentBytes, unsentBytes } = session.traffic();
  let stillMs = 0;
  while (unsentBytes > 0 && stillMs < timeoutMs) {
    if (!(await sleep(drainPollMs, signal))) return false;
    const before = sentBytes;
    ({ sentBytes, unsentBytes } = session.traffic());
    stillMs = sentBytes === before ? stillMs + drainPollMs : 0;
  }
  return unsentBytes === 0;
}
