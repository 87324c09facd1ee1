import { asFailure, type Failure } from "../../base/failure.js";
import type { HostConfig } from "../host-config.js";
import type { HostKeyCheck } from "../host-keys/host-key-check.js";
import { decideHostKey } from "../host-keys/host-key-policy.js";
import { acceptHostKey } from "../host-keys/known-hosts-files.js";
import type { ConnectContext } from "../session.js";

/** `hostVerifier` for ssh2: it takes a verdict at once, or later by `accept`. */
export type HostVerifier = (key: Buffer, accept: (isAccepted: boolean) => void) => boolean | undefined;

/** Judges the key that a server shows, and writes it down where it is to be. */
export function hostVerifier(
  host: HostConfig,
  check: HostKeyCheck,
  context: ConnectContext,
  onRefused: (failure: Failure) => void,
): HostVerifier {
  let verified: Buffer | undefined;
  return (key, accept) => {
    // The same key is shown at every new key exchange. ssh2 1.17 must be told at once then: what it sends while it waits for
    // a verdict the server cannot decrypt.
    if (verified !== undefined) return verified.equals(key);
    const shown = Buffer.from(key);
    judge(shown, host, check, context, onRefused).then(
      (isAccepted) => {
        if (isAccepted) verified = shown;
        accept(isAccepted);
      },
      (error: unknown) => {
        onRefused(asFailure(error));
        accept(false);
      },
    );
    return undefined;
  };
}

async function judge(
  key: Buffer,
  host: HostConfig,
  check: HostKeyCheck,
  context: ConnectContext,
  onRefused: (failure: Failure) => void,
): Promise<boolean> {
  const decision = decideHostKey(host.hostKeyPolicy, check.judge(key), context.acceptedHostKeys);
  switch (decision.kind) {
    case "accept":
      return true;
    case "write":
      if (decision.key === undefined) return true;
      await acceptHostKey(decision.key.knownHostsFile, decision.key).catch((error: unknown) => {
        // Who has nothing checked is not kept out by a file that cannot be written, as with ssh.
        if (host.hostKeyPolicy !== "no") throw error;
      });
      return true;
    case "refuse":
      if (decision.unknownKey !== undefined) context.onUnknownHostKey(decision.unknownKey);
      onRefused(decision.failure);
      return false;
  }
}
