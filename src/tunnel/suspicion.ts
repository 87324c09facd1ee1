import { onAbort, sleep } from "../base/abort.js";
import type { SshSession } from "../ssh/session.js";

const lookEveryMs = 1_000;
/** Looks in a row at which our bytes went out and none came back, before that is suspicious. */
const quietLooks = 2;

/** A reason to ask the peer now and not only when the next keepalive is due. */
export class Suspicion {
  #raise: (() => void) | undefined;
  #hurry: (() => void) | undefined;

  /** Something waits for the peer longer than a living one lets it. */
  raise(): void {
    this.#raise?.();
  }

  /** Ask now and not later, for no fault of the peer: the machine slept, or the network changed. */
  hurry(): void {
    this.#hurry?.();
  }

  /** Waits `timeoutMs` at most. True when something was suspicious: it was raised, or bytes went out and nothing came back. */
  async within(timeoutMs: number, session: SshSession, signal: AbortSignal): Promise<boolean> {
    const stop = new AbortController();
    const forget = onAbort(signal, () => stop.abort());
    let isRaised = false;
    this.#raise = () => {
      isRaised = true;
      stop.abort();
    };
    this.#hurry = () => stop.abort();
    let before = session.traffic();
    let quiet = 0;
    for (let leftMs = timeoutMs; leftMs > 0 && !stop.signal.aborted && quiet < quietLooks; leftMs -= lookEveryMs) {
      await sleep(Math.min(leftMs, lookEveryMs), stop.signal);
      const now = session.traffic();
      const isUnanswered = now.receivedBytes === before.receivedBytes && (now.sentBytes > before.sentBytes || now.unsentBytes > 0);
      quiet = isUnanswered ? quiet + 1 : 0;
      // What went out at the first quiet look stays unanswered at the next ones, though nothing more goes out.
      if (!isUnanswered) before = now;
    }
    forget();
    this.#raise = undefined;
    this.#hurry = undefined;
    return isRaised || quiet >= quietLooks;
  }
}
