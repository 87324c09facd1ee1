import { onAbort, sleep } from "../../base/abort.js";
import type { SessionTraffic, SshSession } from "../../ssh/session.js";
import type { AskReason } from "./patience.js";

const lookEveryMs = 1_000;
/** Looks in a row at which our bytes went out and none came back, before that is suspicious. */
const quietLooks = 2;
/** What went out longer ago than so many looks is not on its way any more. */
const looksKept = 10;

/** What there is to ask the peer for, and how soon: it looks at the traffic of one session between the questions. */
export class Suspicion {
  #reason: AskReason = "routine";
  #interrupt = () => {};
  /** Whether it was hurried while a question was open: that may have been asked before whatever the hurry is for. */
  #isPressing = false;
  readonly #looks: SessionTraffic[] = [];

  /** Why the next question is asked, or the one that is open. */
  get reason(): AskReason {
    return this.#reason;
  }

  /** Something waits for the peer longer than a living one lets it. */
  raise(): void {
    this.#reason = "suspected";
    this.#interrupt();
  }

  /** Ask now and not later, for no fault of the peer: the machine slept, the network changed, or somebody wants to know. */
  hurry(): void {
    if (this.#reason === "routine") this.#reason = "hurried";
    this.#isPressing = true;
    this.#interrupt();
  }

  /** Bytes of ours that went out lately, or wait to go, and that the peer has not confirmed, where `now` is how things stand. */
  onTheWayBytes(now: SessionTraffic): number {
    return Math.min(now.unconfirmedBytes, now.unsentBytes + now.sentBytes - (this.#looks[0]?.sentBytes ?? 0));
  }

  /** Waits `timeoutMs` at most, less when something is suspicious: the time until the next question. */
  async within(timeoutMs: number, session: SshSession, signal: AbortSignal): Promise<void> {
    const isPressing = this.#isPressing;
    this.#isPressing = false;
    this.#reason = isPressing ? "hurried" : "routine";
    if (isPressing) return;
    const stop = new AbortController();
    const forget = onAbort(signal, () => stop.abort());
    this.#interrupt = () => stop.abort();
    let before = this.#look(session);
    let quiet = 0;
    for (let leftMs = timeoutMs; leftMs > 0 && !stop.signal.aborted && quiet < quietLooks; leftMs -= lookEveryMs) {
      await sleep(Math.min(leftMs, lookEveryMs), stop.signal);
      const now = this.#look(session);
      const isUnanswered = now.receivedBytes === before.receivedBytes && (now.sentBytes > before.sentBytes || now.unsentBytes > 0);
      quiet = isUnanswered ? quiet + 1 : 0;
      // What went out at the first quiet look stays unanswered at the next ones, though nothing more goes out.
      if (!isUnanswered) before = now;
    }
    forget();
    this.#interrupt = () => {};
    this.#isPressing = false;
    if (quiet >= quietLooks) this.#reason = "suspected";
  }

  #look(session: SshSession): SessionTraffic {
    const now = session.traffic();
    this.#looks.push(now);
    if (this.#looks.length > looksKept) this.#looks.shift();
    return now;
  }
}
