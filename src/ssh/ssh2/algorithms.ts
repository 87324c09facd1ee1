import type { Algorithms } from "ssh2";
import constants from "ssh2/lib/protocol/constants.js";
import crypto from "ssh2/lib/protocol/crypto.js";
import type { HostConfig } from "../host-config.js";

/** Whether ssh2's compiled crypto was built and loads: up to ten times the throughput without it is lost (facts in README). */
export const hasNativeCrypto = crypto.bindingAvailable;

/** What a host asks of the key exchange. */
export type AlgorithmWishes = Pick<HostConfig, "hostKeyAlgorithms" | "kexAlgorithms" | "ciphers" | "macs" | "compression">;

/** What ssh2 is to offer, each list in the order of preference. */
export interface Offer {
  readonly kex: readonly string[];
  readonly serverHostKey: readonly string[];
  readonly cipher: readonly string[];
  readonly hmac: readonly string[];
  readonly compress: readonly string[];
}

/**
 * The user's lists as far as ssh2 knows them, in the user's order; where the user has none, ssh2's own, which has the fastest
 * cipher first. A list that comes out empty is for `unsupportedBySsh2` to tell.
 */
export function offerFor(wishes: AlgorithmWishes, knownTypes: readonly string[]): Offer {
  const { cipher, hmac } = cipherAndMac(wishes);
  return {
    kex: known(wishes.kexAlgorithms, constants.SUPPORTED_KEX) ?? constants.DEFAULT_KEX,
    serverHostKey: known(wishes.hostKeyAlgorithms, constants.SUPPORTED_SERVER_HOST_KEY) ?? hostKeyAlgorithms(knownTypes),
    cipher,
    hmac,
    compress: wishes.compression ? ["zlib@openssh.com", "none"] : ["none"],
  };
}

/** In the words of ssh2's types, which are names where ours are texts. */
export function asAlgorithms(offer: Offer): Algorithms {
  return offer as unknown as Algorithms;
}

/**
 * Host key algorithms in the order to ask for: those of key types that known_hosts has for this host first, as `ssh` does,
 * so that a server with several keys shows the one we know. Types are as in known_hosts, for instance `ssh-rsa`.
 */
export function hostKeyAlgorithms(knownTypes: readonly string[]): string[] {
  // ssh2 supports these by default; `ssh-rsa` with SHA-1 signatures is left out, as OpenSSH did in 8.8.
  const supported = constants.DEFAULT_SERVER_HOST_KEY.filter((name) => name !== "ssh-rsa");
  const isKnown = (name: string) => knownTypes.includes(name) || (name.startsWith("rsa-sha2-") && knownTypes.includes("ssh-rsa"));
  return [...supported.filter(isKnown), ...supported.filter((name) => !isKnown(name))];
}

/** A cipher that authenticates by itself needs no MAC; so with no common MAC only such ciphers are left. */
function cipherAndMac({ ciphers, macs }: AlgorithmWishes): Pick<Offer, "cipher" | "hmac"> {
  const cipher = known(ciphers, constants.SUPPORTED_CIPHER) ?? constants.DEFAULT_CIPHER;
  const hmac = known(macs, constants.SUPPORTED_MAC) ?? constants.DEFAULT_MAC;
  return hmac.length > 0 ? { cipher, hmac } : { cipher: cipher.filter(isAuthenticated), hmac: constants.DEFAULT_MAC };
}

function isAuthenticated(cipher: string): boolean {
  return /-gcm(?:@|$)|^chacha20-poly1305@/.test(cipher);
}

function known(wanted: readonly string[] | null, supported: readonly string[]): string[] | undefined {
  return wanted?.filter((name) => supported.includes(name));
}
