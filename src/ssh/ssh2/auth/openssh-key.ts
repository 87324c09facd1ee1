const magic = Buffer.from("openssh-key-v1\0", "latin1");
const armour = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END OPENSSH PRIVATE KEY-----/;

/**
 * The public half of a private key in OpenSSH's own form (PROTOCOL.key), which stands there in clear even when the private half
 * is encrypted. Undefined for every other form.
 */
export function publicHalfOf(contents: Buffer): Buffer | undefined {
  const body = armour.exec(contents.toString("latin1"))?.[1];
  if (body === undefined) return undefined;
  const bytes = Buffer.from(body, "base64");
  if (!bytes.subarray(0, magic.length).equals(magic)) return undefined;
  let at = magic.length;
  const readString = (): Buffer | undefined => {
    if (at + 4 > bytes.length) return undefined;
    const end = at + 4 + bytes.readUInt32BE(at);
    const text = bytes.subarray(at + 4, end);
    at = end;
    return end <= bytes.length ? text : undefined;
  };
  // Cipher, key derivation and its options; then the number of keys, which is always one.
  for (let skipped = 0; skipped < 3; skipped += 1) if (readString() === undefined) return undefined;
  at += 4;
  return readString();
}
