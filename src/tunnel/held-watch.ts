import { sleep } from "../base/abort.js";
import type { Failure } from "../base/failure.js";
import type { Surroundings } from "../ssh/session.js";

/** What can be looked at while a tunnel is held. None of it asks the server anything. */
export interface HeldLooks {
  readonly surroundings: (signal: AbortSignal) => Promise<Surroundings>;
  /** As it was when the log-in began that has failed. */
  readonly surroundingsBefore: (signal: AbortSignal) => Promise<Surroundings>;
  /** Tries to listen where it could not; true when every address is held now. */
  readonly listen: () => Promise<boolean>;
}

const lookEveryMs = 2_000;

/**
 * Waits until what a tunnel is held for has changed: a port was freed, or the keys, known_hosts or ssh_config that matter to this
 * failure are not what they were. False when `signal` aborts first. A failure that only the server's side can mend is waited for in vain:
 * it takes an `up`.
 */
export async function untilCauseChanged({ code }: Failure, looks: HeldLooks, signal: AbortSignal): Promise<boolean> {
  switch (code) {
    case "port-busy":
    case "bind-denied":
    case "bind-unavailable":
      return poll(looks.listen, signal);
    case "auth-rejected":
    case "no-credentials":
    case "agent-unavailable":
    case "identity-unreadable":
    case "identity-locked":
    case "needs-answer":
      return pollForChange(looks, ({ keys, sshConfig }) => `${keys} ${sshConfig}`, signal);
    case "host-key-unknown":
    case "host-key-changed":
    case "host-key-revoked":
    case "host-key-needs-authority":
    case "known-hosts-unreadable":
      return pollForChange(looks, ({ knownHosts, sshConfig }) => `${knownHosts} ${sshConfig}`, signal);
    case "ssh-config-invalid":
    case "engine-unavailable":
    case "algorithms-mismatch":
    case "target-invalid":
      return pollForChange(looks, ({ sshConfig }) => sshConfig, signal);
    default:
      return false;
  }
}

async function pollForChange(looks: HeldLooks, of: (seen: Surroundings) => string, signal: AbortSignal): Promise<boolean> {
  const before = of(await looks.surroundingsBefore(signal));
  return poll(async () => of(await looks.surroundings(signal)) !== before, signal);
}

async function poll(isChanged: () => Promise<boolean>, signal: AbortSignal): Promise<boolean> {
  while (await sleep(lookEveryMs, signal)) {
    if ((await isChanged()) && !signal.aborted) return true;
  }
  return false;
}
