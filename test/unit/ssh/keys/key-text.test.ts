import { describe, expect, it } from "vitest";
import { blobOfPublicKey, isEncryptedKey } from "../../../../src/ssh/keys/key-text.js";
import { string } from "../../../../src/ssh/wire.js";

const blob = Buffer.concat([string("sk-ssh-ed25519@openssh.com"), string("a key")]);

describe("a key file", () => {
  it("is a public half only when its type is what it says", () => {
    expect(blobOfPublicKey(`sk-ssh-ed25519@openssh.com ${blob.toString("base64")} me`)).toEqual(blob);
    expect(blobOfPublicKey(`ssh-rsa ${blob.toString("base64")}`)).toBeUndefined();
    expect(blobOfPublicKey("-----BEGIN OPENSSH PRIVATE KEY-----")).toBeUndefined();
  });

  it("needs a passphrase when its own words say so", () => {
    const own = (cipher: string) =>
      `-----BEGIN OPENSSH PRIVATE KEY-----\n${Buffer.concat([Buffer.from("openssh-key-v1\0"), string(cipher)]).toString("base64")}\n-----END`;
    expect(isEncryptedKey(own("aes256-ctr"))).toBe(true);
    expect(isEncryptedKey(own("none"))).toBe(false);
    expect(isEncryptedKey("-----BEGIN ENCRYPTED PRIVATE KEY-----\nx")).toBe(true);
    expect(isEncryptedKey("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n")).toBe(true);
    expect(isEncryptedKey("-----BEGIN RSA PRIVATE KEY-----\nMII")).toBe(false);
  });
});
