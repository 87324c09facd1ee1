import { onAbort, sleep } from "../base/abort.js";
import type { SessionTraffic, SshSession } from "../ssh/session.js";
import type { AskReason } from "./patience.js";

const lookEveryMs = 1_000;
/** Looks in a row at which our bytes went out and none came back, before that is suspicious. */
const quietLooks = 2;
/** What went out longer ago than so many looks is not on its way any more. */
const looksKept = 10;

/** Looks at the traffic of one session between the questions, for a reason to ask the next one sooner. */
export class Suspicion {
  #interrupt: ((reason: AskReason) => void) | undefined;
  readonly #looks: SessionTraffic[] = [];

  /** Something waits for the peer longer than a living one lets it. */
  raise(): void {
    this.#interrupt?.("suspected");
  }

  /** Ask now and not later, for no fault of the peer: the machine slept, or the network changed. */
  hurry(): void {
    this.#interrupt?.("hurried");
  }

  /** Bytes of ours that went out lately and that the peer has not confirmed. */
  onTheWayBytes(): number {
    const latest = this.#looks.at(-1);
    if (latest === undefined) return 0;
    return Math.min(latest.unconfirmedBytes, latest.sentBytes - (this.#looks[0]?.sentBytes ?? 0));
  }

  /** Waits `timeoutMs` at most, less when something is suspicious, and tells what to ask the peer for. */
  async within(timeoutMs: number, session: SshSession, signal: AbortSignal): Promise<AskReason> {
    const stop = new AbortController();
    const forget = onAbort(signal, () => stop.abort());
    let reason: AskReason = "routine";
    this.#interrupt = (found) => {
      if (reason === "routine") reason = found;
      stop.abort();
    };
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
    this.#interrupt = undefined;
    return quiet >= quietLooks ? "suspected" : reason;
  }

  #look(session: SshSession): SessionTraffic {
    const now = session.traffic();
    this.#looks.push(now);
    if (this.#looks.length > looksKept) this.#looks.shift();
    return now;
  }
}
