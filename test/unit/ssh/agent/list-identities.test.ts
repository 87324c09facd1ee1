import { describe, expect, it } from "vitest";
import { blobOfPublicKey, isEncryptedKey } from "../../../../src/ssh/agent/key-blob.js";
import { readAnswer } from "../../../../src/ssh/agent/list-identities.js";

const text = (value: string | Buffer) => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const blob = Buffer.concat([text("sk-ssh-ed25519@openssh.com"), text("a key")]);
const answer = (count: number, ...parts: Buffer[]) => Buffer.concat([Buffer.from([12, 0, 0, 0, count]), ...parts]);

describe("an agent's answer", () => {
  it("names keys of kinds that no library need know", () => {
    expect(readAnswer(answer(1, text(blob), text("me@home")))).toEqual([
      { keyType: "sk-ssh-ed25519@openssh.com", blob, comment: "me@home" },
    ]);
    expect(readAnswer(answer(0))).toEqual([]);
  });

  it.each([
    ["a refusal", Buffer.from([5])],
    ["nothing", Buffer.alloc(0)],
    ["too few keys", answer(2, text(blob), text(""))],
    ["a key that is cut off", answer(1, text(blob).subarray(0, 20))],
    ["a length beyond its end", answer(1, Buffer.from([255, 255, 255, 255]))],
  ])("is none when it is %s", (_, bytes) => {
    expect(readAnswer(bytes)).toBeUndefined();
  });
});

describe("a key file", () => {
  it("is a public half only when its type is what it says", () => {
    expect(blobOfPublicKey(`sk-ssh-ed25519@openssh.com ${blob.toString("base64")} me`)).toEqual(blob);
    expect(blobOfPublicKey(`ssh-rsa ${blob.toString("base64")}`)).toBeUndefined();
    expect(blobOfPublicKey("-----BEGIN OPENSSH PRIVATE KEY-----")).toBeUndefined();
  });

  it("needs a passphrase when its own words say so", () => {
    const own = (cipher: string) =>
      `-----BEGIN OPENSSH PRIVATE KEY-----\n${Buffer.concat([Buffer.from("openssh-key-v1\0"), text(cipher)]).toString("base64")}\n-----END`;
    expect(isEncryptedKey(own("aes256-ctr"))).toBe(true);
    expect(isEncryptedKey(own("none"))).toBe(false);
    expect(isEncryptedKey("-----BEGIN ENCRYPTED PRIVATE KEY-----\nx")).toBe(true);
    expect(isEncryptedKey("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n")).toBe(true);
    expect(isEncryptedKey("-----BEGIN RSA PRIVATE KEY-----\nMII")).toBe(false);
  });
});
