import type { ServerHostKeyAlgorithm } from "ssh2";
import constants from "ssh2/lib/protocol/constants.js";
import crypto from "ssh2/lib/protocol/crypto.js";

/** Whether ssh2's compiled crypto was built and loads: up to ten times the throughput without it is lost (facts in README). */
export const hasNativeCrypto = crypto.bindingAvailable;

/**
 * Host key algorithms in the order to ask for: those of key types that known_hosts has for this host first, as `ssh` does,
 * so that a server with several keys shows the one we know. Types are as in known_hosts, for instance `ssh-rsa`.
 */
export function hostKeyAlgorithms(knownTypes: readonly string[]): ServerHostKeyAlgorithm[] {
  // ssh2 supports these by default; `ssh-rsa` with SHA-1 signatures is left out, as OpenSSH did in 8.8.
  const supported = constants.DEFAULT_SERVER_HOST_KEY.filter((name) => name !== "ssh-rsa") as ServerHostKeyAlgorithm[];
  const isKnown = (name: string) => knownTypes.includes(name) || (name.startsWith("rsa-sha2-") && knownTypes.includes("ssh-rsa"));
  return [...supported.filter(isKnown), ...supported.filter((name) => !isKnown(name))];
}
