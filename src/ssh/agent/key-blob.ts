/** The type that stands first in the wire form of a public key (RFC 4253, 6.6). Empty for what is no key. */
export function keyTypeOf(blob: Buffer): string {
  if (blob.length < 4) return "";
  const end = 4 + blob.readUInt32BE(0);
  return end <= blob.length ? blob.subarray(4, end).toString("latin1") : "";
}

/** The wire form in a line of a `.pub` file; undefined when there is none. */
export function blobOfPublicKey(text: string): Buffer | undefined {
  const [, type, base64 = ""] = /^\s*([\w@.-]+)\s+([A-Za-z0-9+/]+=*)/.exec(text) ?? [];
  const blob = Buffer.from(base64, "base64");
  return type !== undefined && keyTypeOf(blob) === type ? blob : undefined;
}

const opensshMagic = "openssh-key-v1\0";

/** The public half in a private key of OpenSSH's own format (PROTOCOL.key), which is not encrypted; undefined for any other. */
export function blobOfPrivateKey(text: string): Buffer | undefined {
  const [, base64 = ""] = /^-----BEGIN OPENSSH PRIVATE KEY-----\s([^-]+)/.exec(text) ?? [];
  const key = Buffer.from(base64, "base64");
  if (!key.subarray(0, opensshMagic.length).equals(Buffer.from(opensshMagic))) return undefined;
  let at = opensshMagic.length;
  const next = (): Buffer => {
    const end = at + 4 + (at + 4 <= key.length ? key.readUInt32BE(at) : 0);
    const read = key.subarray(at + 4, end);
    at = end;
    return read;
  };
  // Cipher, key derivation and its options; then how many keys there are.
  for (let field = 0; field < 3; field++) next();
  at += 4;
  const blob = next();
  return keyTypeOf(blob) === "" ? undefined : blob;
}

/** Whether a private key needs a passphrase, as far as its text shows it: OpenSSH's own format names its cipher, PEM and PKCS #8 say so. */
export function isEncryptedKey(text: string): boolean {
  if (/^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text)) return true;
  const [, base64 = ""] = /^-----BEGIN OPENSSH PRIVATE KEY-----\s([^-]+)/m.exec(text) ?? [];
  const key = Buffer.from(base64, "base64");
  const at = opensshMagic.length;
  if (key.length < at + 4) return false;
  return key.subarray(at + 4, at + 4 + key.readUInt32BE(at)).toString("latin1") !== "none";
}
