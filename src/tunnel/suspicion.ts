import { sleep } from "../base/abort.js";
import type { SshSession } from "../ssh/session.js";

const lookEveryMs = 1_000;
/** Looks in a row at which our bytes went out and none came back, before that is suspicious. */
const quietLooks = 2;

/** A reason to ask the peer now and not only when the next keepalive is due. */
export class Suspicion {
  #wake: (() => void) | undefined;

  /** Something waits for the peer longer than a living one lets it. */
  raise(): void {
    this.#wake?.();
  }

  /** Waits `timeoutMs` at most. True when something was suspicious: it was raised, or bytes went out and nothing came back. */
  async within(timeoutMs: number, session: SshSession, signal: AbortSignal): Promise<boolean> {
    const raised = new AbortController();
    this.#wake = () => raised.abort();
    const stop = AbortSignal.any([signal, raised.signal]);
    let before = session.traffic();
    let quiet = 0;
    for (let leftMs = timeoutMs; leftMs > 0 && !stop.aborted && quiet < quietLooks; leftMs -= lookEveryMs) {
      await sleep(Math.min(leftMs, lookEveryMs), stop);
      const now = session.traffic();
      const isUnanswered = now.receivedBytes === before.receivedBytes && (now.sentBytes > before.sentBytes || now.unsentBytes > 0);
      quiet = isUnanswered ? quiet + 1 : 0;
      // What went out at the first quiet look stays unanswered at the next ones, though nothing more goes out.
      if (!isUnanswered) before = now;
    }
    this.#wake = undefined;
    return raised.signal.aborted || quiet >= quietLooks;
  }
}
