import { onAbort, sleep } from "../../base/abort.js";
import type { Failure } from "../../base/failure.js";
import type { SshSession } from "../../ssh/session.js";
import { patienceFor } from "./patience.js";
import { PeerSilent } from "./peer-silent.js";
import type { KeepalivePolicy } from "./policy.js";
import type { Suspicion } from "./suspicion.js";

/** Silence is counted in slices, so that time in which this process did not run (asleep, stopped, busy) is not held against the peer. */
const sliceMs = 50;

/** What a watch tells on the way. */
export interface PeerWatcher {
  onRoundTrip(rttMs: number): void;
  /** The peer should have answered by now; it has not been given up. */
  onDoubt(): void;
  /** The peer was doubted, and has spoken. */
  onTrust(): void;
}

/**
 * Asks the peer every `intervalMs`, and at once under suspicion, whether it is there; returns the failure when it has been silent
 * for longer than patience allows (see patience.ts). Any byte is a sign of life, an answer or not, and time in which our own
 * unsent bytes move is no silence: the question is queued behind them. Returns undefined when `signal` ends the watch.
 */
export async function watchForSilence(
  session: SshSession,
  policy: KeepalivePolicy,
  suspicion: Suspicion,
  watcher: PeerWatcher,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const peer = new Peer(session, watcher, signal);
  while (!signal.aborted) {
    const silentMs = await peer.ask(policy, suspicion);
    if (signal.aborted) return undefined;
    if (silentMs !== undefined) {
      return new PeerSilent(`the server answered nothing for ${silentMs} ms`, suspicion.reason);
    }
    await suspicion.within(policy.intervalMs, session, signal);
  }
  return undefined;
}

/** The other end, and what is known of it. */
class Peer {
  readonly #session: SshSession;
  readonly #watcher: PeerWatcher;
  readonly #signal: AbortSignal;
  #rttMs = 0;
  #onAnswer = () => {};

  constructor(session: SshSession, watcher: PeerWatcher, signal: AbortSignal) {
    this.#session = session;
    this.#watcher = watcher;
    this.#signal = signal;
  }

  /** Undefined when the peer gave a sign of life, else for how long it gave none. A session that ended speaks through `ended`, not here. */
  async ask(policy: KeepalivePolicy, suspicion: Suspicion): Promise<number | undefined> {
    const asked = { isAnswered: false };
    let before = this.#session.traffic();
    let isDoubted = false;
    // What came in while the machine slept waits to be read, and says nothing of the peer as it is now.
    let isOld = suspicion.reason === "hurried";
    this.#question(asked);
    for (let silentMs = 0; ; ) {
      await this.#slice();
      if (this.#signal.aborted) return undefined;
      const now = this.#session.traffic();
      if (asked.isAnswered || (!isOld && now.receivedBytes > before.receivedBytes)) {
        if (isDoubted) this.#watcher.onTrust();
        return undefined;
      }
      isOld = false;
      const isMoving = before.unsentBytes > 0 && now.sentBytes > before.sentBytes;
      before = now;
      if (isMoving) continue;
      silentMs += sliceMs;
      // While the question is open a client may come to wait for its answer, or begin to upload.
      const { doubtMs, giveUpMs } = patienceFor(policy, suspicion.reason, this.#rttMs, suspicion.onTheWayBytes(now));
      if (silentMs >= giveUpMs) return silentMs;
      if (silentMs % policy.replyTimeoutMs < sliceMs) this.#question(asked);
      if (isDoubted || silentMs < doubtMs) continue;
      isDoubted = true;
      this.#watcher.onDoubt();
    }
  }

  /** An answer that comes late is still told: it says how far away the peer is. */
  #question(asked: { isAnswered: boolean }): void {
    this.#session.probe(this.#signal).then(
      (rttMs) => {
        // It may come in the very turn in which the watch ends.
        if (this.#signal.aborted) return;
        this.#rttMs = rttMs;
        asked.isAnswered = true;
        this.#watcher.onRoundTrip(rttMs);
        this.#onAnswer();
      },
      () => {},
    );
  }

  /** One slice of time, or less when an answer comes. */
  async #slice(): Promise<void> {
    const stop = new AbortController();
    const forget = onAbort(this.#signal, () => stop.abort());
    this.#onAnswer = () => stop.abort();
    await sleep(sliceMs, stop.signal);
    forget();
  }
}
