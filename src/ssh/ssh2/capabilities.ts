import type { HostConfig } from "../host-config.js";
import { offerFor } from "./algorithms.js";
import { canSignWith } from "./auth/key-types.js";

/**
 * The lists of a host, or of one that it jumps through, of which ssh2 knows no entry: as the begin of a sentence that goes on
 * with "of which ssh2 has none". Undefined when it has something of each.
 */
export function unsupportedBySsh2(host: HostConfig): string | undefined {
  for (const jump of host.jumps) {
    const missing = unsupportedBySsh2(jump);
    if (missing !== undefined) return `${missing} (for ${jump.alias})`;
  }
  const { kex, serverHostKey, cipher } = offerFor(host, []);
  if (kex.length === 0) return `the KexAlgorithms ${say(host.kexAlgorithms)}`;
  if (serverHostKey.length === 0) return `the HostKeyAlgorithms ${say(host.hostKeyAlgorithms)}`;
  if (cipher.length === 0) return host.ciphers === null ? `the MACs ${say(host.macs)}` : `the Ciphers ${say(host.ciphers)}`;
  const isKeyNeeded = host.authMethods.length === 1 && host.authMethods[0] === "publickey";
  if (isKeyNeeded && host.pubkeyAlgorithms !== null && !host.pubkeyAlgorithms.some(canSignWith)) {
    return `the PubkeyAcceptedAlgorithms ${say(host.pubkeyAlgorithms)}`;
  }
  return undefined;
}

function say(list: readonly string[] | null): string {
  return (list ?? []).join(",");
}
