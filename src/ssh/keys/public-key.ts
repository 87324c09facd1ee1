import { WireReader } from "../wire.js";

/** The type that stands first in the wire form of a public key (RFC 4253, 6.6); undefined for what is no key. RFC 4251, 6 bounds it: a space or newline in it could forge lines of known_hosts. */
export function keyTypeOf(blob: Buffer): string | undefined {
  const type = new WireReader(blob).string()?.toString("latin1");
  return type !== undefined && /^[\x21-\x7e]{1,64}$/.test(type) ? type : undefined;
}

/** A key type as OpenSSH names it for people: ED25519, RSA, ECDSA-SK. */
export function keyName(keyType: string): string {
  const plain = keyType.replace(/@openssh\.com$/, "").replace(/^ssh-/, "");
  const name = plain.replace(/ecdsa-sha2-nistp\d+/, "ecdsa").replace(/^sk-(?:ssh-)?(.*)$/, "$1-sk");
  return name === "dss" ? "DSA" : name.toUpperCase();
}

/** The size in bits that `ssh-keygen -l` prints. Undefined for a type that is not known here, or a blob that is cut short. */
export function keyBits(keyType: string, key: Buffer): number | undefined {
  const curve = /nistp(\d+)/.exec(keyType)?.[1];
  if (curve !== undefined) return Number(curve);
  if (/ed25519/.test(keyType)) return 256;
  const reader = new WireReader(key);
  const [, first, second] = [reader.string(), reader.string(), reader.string()];
  // RFC 4253, 6.6: e and n of RSA, p first of DSA.
  if (keyType === "ssh-rsa") return bitsOf(second);
  return keyType === "ssh-dss" ? bitsOf(first) : undefined;
}

/** Of an mpint: two's complement, with a zero byte before a number whose first bit is set. */
function bitsOf(mpint: Buffer | undefined): number | undefined {
  const first = mpint?.findIndex((byte) => byte !== 0) ?? -1;
  if (mpint === undefined || first < 0) return undefined;
  return (mpint.length - first) * 8 - (Math.clz32(mpint[first] ?? 0) - 24);
}
