import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { describeKey } from "../../src/ssh/host-keys/known-hosts.js";
import { keyBits, keyName } from "../../src/ssh/keys/public-key.js";
import { drawRandomart } from "../../src/ssh/keys/randomart.js";
import { Cleanups } from "../support/cleanups.js";

const hasSshKeygen = spawnSync("ssh-keygen", ["-?"]).error === undefined;
const cleanups = new Cleanups();
afterEach(cleanups.run);

describe.skipIf(!hasSshKeygen)("a key as ssh-keygen shows it", () => {
  it.each([
    ["ed25519", []],
    ["rsa", ["-b", "1024"]],
    ["rsa", ["-b", "3072"]],
    ["ecdsa", ["-b", "256"]],
    ["ecdsa", ["-b", "384"]],
    ["ecdsa", ["-b", "521"]],
    ["dsa", []],
  ])("has the same name, size and picture for %s %j", (type, size) => {
    const path = join(cleanups.folder(), "key");
    // Newer versions make no DSA keys.
    if (spawnSync("ssh-keygen", ["-q", "-t", type, ...size, "-N", "", "-C", "there", "-f", path]).status !== 0 && type === "dsa") return;
    expectSame(path);
  });

  it("has the same picture for many keys", () => {
    const folder = cleanups.folder();
    for (let count = 0; count < 30; count += 1) {
      const path = join(folder, `key${count}`);
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "there", "-f", path]);
      expectSame(path);
    }
  });
});

/** Hardware keys cannot be made here; these are of the formats in OpenSSH's PROTOCOL.u2f. */
it.each([
  ["sk-ssh-ed25519@openssh.com", "ED25519-SK", 256],
  ["sk-ecdsa-sha2-nistp256@openssh.com", "ECDSA-SK", 256],
  ["ssh-dss", "DSA", undefined],
  ["ssh-unheard-of", "UNHEARD-OF", undefined],
])("calls %s %s", (keyType, name, bits) => {
  expect(keyName(keyType)).toBe(name);
  expect(keyBits(keyType, Buffer.alloc(3))).toBe(bits);
});

function expectSame(path: string): void {
  const [keyType = "", keyBase64 = ""] = readFileSync(`${path}.pub`, "utf8").split(" ");
  const key = Buffer.from(keyBase64, "base64");
  const { fingerprint } = describeKey(key);
  const size = keyBits(keyType, key);
  const shown = execFileSync("ssh-keygen", ["-lv", "-f", `${path}.pub`], { encoding: "utf8" });
  const line = `${size} ${fingerprint} there (${keyName(keyType)})`;
  expect(`${line}\n${drawRandomart(fingerprint, `${keyName(keyType)} ${size}`)}\n`).toBe(shown);
}
