import ssh2 from "ssh2";
import { expect, it } from "vitest";
import { generateEd25519Key } from "../../../../src/ssh/keys/generate-key.js";
import { blobOfPrivateKey, blobOfPublicKey, isEncryptedKey } from "../../../../src/ssh/keys/key-text.js";

it("makes keys whose halves belong together, also where one begins with a zero byte", () => {
  for (let round = 0; round < 600; round += 1) {
    const pair = generateEd25519Key();
    const key = ssh2.utils.parseKey(pair.private);
    if (key instanceof Error) throw key;
    expect(`${key.type} ${key.getPublicSSH().toString("base64")}`).toBe(pair.public);
    const signature = key.sign("a message");
    expect(ssh2.utils.parseKey(pair.public)).not.toBeInstanceOf(Error);
    expect(key.verify("a message", signature)).toBe(true);
  }
});

it("writes a private key that needs no passphrase and shows its public half", () => {
  const pair = generateEd25519Key();
  expect(isEncryptedKey(pair.private)).toBe(false);
  expect(blobOfPrivateKey(pair.private)).toEqual(blobOfPublicKey(pair.public));
});
