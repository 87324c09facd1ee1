import { onAbort, sleep } from "../base/abort.js";
import type { SshSession } from "../ssh/session.js";

/** How long connections that were open when a new session took over may go on through the old one. */
export const drainMaxMs = 60_000;
const lookEveryMs = 200;
/** Who renews faster than connections end has the oldest cut off: a server allows only so many sessions. */
const drainsMax = 8;

/** The sessions of one tunnel that get no new connections any more, each until its own have ended. */
export class Drains {
  readonly #lives = new Set<AbortController>();

  /** `isFree`: when nothing but its connections needs it any more. */
  add(session: SshSession, isFree: Promise<void>): void {
    const life = new AbortController();
    this.#lives.add(life);
    const [oldest] = this.#lives;
    if (this.#lives.size > drainsMax) oldest?.abort();
    void session.ended.then(() => life.abort());
    const isCutOff = new Promise<void>((resolve) => onAbort(life.signal, resolve));
    void Promise.race([isFree, isCutOff])
      .then(() => drain(session, life.signal))
      .then(() => this.#lives.delete(life));
  }

  /** Cuts all of them off. */
  end(): void {
    for (const life of this.#lives) life.abort();
  }
}

/** Closes the session as soon as its connections have ended, after `drainMaxMs` at the latest, or when `signal` aborts. */
export async function drain(session: SshSession, signal: AbortSignal): Promise<void> {
  for (let leftMs = drainMaxMs; leftMs > 0 && session.traffic().openChannels > 0; leftMs -= lookEveryMs) {
    if (!(await sleep(lookEveryMs, signal))) break;
  }
  session.close();
}
