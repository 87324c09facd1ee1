/** A key type of the wire (RFC 4253, 6.6) as OpenSSH names it for people: ED25519, RSA, ECDSA-SK. */
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
  const [, first, second] = readStrings(key);
  // RFC 4253, 6.6: e and n of RSA, p first of DSA.
  if (keyType === "ssh-rsa") return bitsOf(second);
  return keyType === "ssh-dss" ? bitsOf(first) : undefined;
}

function readStrings(blob: Buffer): Buffer[] {
  const strings: Buffer[] = [];
  for (let at = 0; at + 4 <= blob.length; ) {
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) break;
    strings.push(blob.subarray(at + 4, end));
    at = end;
  }
  return strings;
}

/** Of an mpint: two's complement, with a zero byte before a number whose first bit is set. */
function bitsOf(mpint: Buffer | undefined): number | undefined {
  const first = mpint?.findIndex((byte) => byte !== 0) ?? -1;
  if (mpint === undefined || first < 0) return undefined;
  return (mpint.length - first) * 8 - (Math.clz32(mpint[first] ?? 0) - 24);
}
