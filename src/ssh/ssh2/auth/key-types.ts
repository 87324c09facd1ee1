const signatures: readonly string[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-256",
  "rsa-sha2-512",
  "ssh-rsa",
  "ssh-dss",
];

/** Whether ssh2 can make signatures of this name (RFC 4253, 6.6 and RFC 8332). */
export function canSignWith(algorithm: string): boolean {
  return signatures.includes(algorithm);
}

/**
 * How a key of `keyType` may sign where only `accepted` are allowed, null meaning any. `usual`: as ssh2 does it of itself, which
 * for RSA is SHA-256 where the server knows that, and SHA-1 where it knows no better.
 */
export function signatureFor(keyType: string, accepted: readonly string[] | null): "usual" | "rsa-sha2-512" | undefined {
  if (!canSignWith(keyType)) return undefined;
  if (accepted === null) return "usual";
  if (keyType !== "ssh-rsa") return accepted.includes(keyType) ? "usual" : undefined;
  if (accepted.includes("rsa-sha2-256")) return "usual";
  if (accepted.includes("rsa-sha2-512")) return "rsa-sha2-512";
  return accepted.includes("ssh-rsa") ? "usual" : undefined;
}
