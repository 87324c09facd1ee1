import { sleep } from "../base/abort.js";
import type { SshSession } from "../ssh/session.js";

/** How long connections that were open when a new session took over may go on through the old one. */
export const drainMaxMs = 60_000;
const lookEveryMs = 200;

/** Closes a session that gets no new connections as soon as its own have ended, after `drainMaxMs` at the latest, or when `signal` aborts. */
export async function drain(session: SshSession, signal: AbortSignal): Promise<void> {
  for (let leftMs = drainMaxMs; leftMs > 0 && session.traffic().openChannels > 0; leftMs -= lookEveryMs) {
    if (!(await sleep(lookEveryMs, signal))) break;
  }
  session.close();
}
