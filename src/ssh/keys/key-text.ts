import { WireReader } from "../wire.js";
import { keyTypeOf } from "./public-key.js";

/** The wire form in a line of a `.pub` file; undefined when there is none. */
export function blobOfPublicKey(text: string): Buffer | undefined {
  const [, type, base64 = ""] = /^\s*([\w@.-]+)\s+([A-Za-z0-9+/]+=*)/.exec(text) ?? [];
  const blob = Buffer.from(base64, "base64");
  return type !== undefined && keyTypeOf(blob) === type ? blob : undefined;
}

/** The public half in a private key of OpenSSH's own form, which stands there in clear even when the private half is encrypted; undefined for any other. */
export function blobOfPrivateKey(text: string): Buffer | undefined {
  return readOwnForm(text)?.publicHalf;
}

/** Whether a private key needs a passphrase, as far as its text shows it: OpenSSH's own form names its cipher, PEM and PKCS #8 say so. */
export function isEncryptedKey(text: string): boolean {
  if (/^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text)) return true;
  const cipher = readOwnForm(text)?.cipher;
  return cipher !== undefined && cipher !== "none";
}

const magic = Buffer.from("openssh-key-v1\0");

/** OpenSSH's own form of a private key (PROTOCOL.key), as far as it can be read without a passphrase. */
function readOwnForm(text: string): { readonly cipher: string | undefined; readonly publicHalf: Buffer | undefined } | undefined {
  const [, base64 = ""] = /^-----BEGIN OPENSSH PRIVATE KEY-----\s([^-]+)/m.exec(text) ?? [];
  const key = Buffer.from(base64, "base64");
  if (!key.subarray(0, magic.length).equals(magic)) return undefined;
  const reader = new WireReader(key.subarray(magic.length));
  const cipher = reader.string()?.toString("latin1");
  // The key derivation and its options, and how many keys there are.
  reader.string();
  reader.string();
  reader.u32();
  const publicHalf = reader.string();
  return { cipher, publicHalf: publicHalf !== undefined && keyTypeOf(publicHalf) !== undefined ? publicHalf : undefined };
}
