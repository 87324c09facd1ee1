import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Failure } from "../base/failure.js";
import { makePrivateFolder } from "../base/files.js";
import { errorText } from "../base/system-error.js";
import { generateEd25519Key } from "../ssh/keys/generate-key.js";
import { blobOfPrivateKey, isEncryptedKey } from "../ssh/keys/key-text.js";
import { keyTypeOf } from "../ssh/keys/public-key.js";

/** A new key in `path` (0600) and `path`.pub, and its public half. A file that is there is never written over: `key-exists`. */
export function makeKeyFile(path: string, comment: string): string {
  for (const each of [path, `${path}.pub`]) if (existsSync(each)) throw new Failure("key-exists", `there is a key in ${each} already`);
  const pair = generateEd25519Key();
  if (!existsSync(dirname(path))) makePrivateFolder(dirname(path));
  try {
    writeFileSync(path, pair.private, { mode: 0o600, flag: "wx" });
    writeFileSync(`${path}.pub`, `${pair.public} ${comment}\n`, { mode: 0o644, flag: "wx" });
  } catch (error) {
    rmSync(path, { force: true });
    throw new Failure("folder-unusable", `the key cannot be written to ${path}: ${errorText(error)}`, { cause: error });
  }
  return pair.public;
}

/** The public half of a key that is there. Throws `identity-unreadable` where it is none that a tunnel can use by itself. */
export function readKeyFile(path: string): string {
  const refuse = (why: string, cause?: unknown) => new Failure("identity-unreadable", `${path} ${why}`, { cause });
  const text = readText(path, refuse);
  const blob = blobOfPrivateKey(text);
  if (blob === undefined || keyTypeOf(blob) !== "ssh-ed25519") throw refuse("is no ed25519 key in OpenSSH's form");
  if (isEncryptedKey(text)) throw refuse("has a passphrase, which a tunnel cannot give by itself");
  return `ssh-ed25519 ${blob.toString("base64")}`;
}

function readText(path: string, refuse: (why: string, cause: unknown) => Failure): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw refuse(`cannot be read: ${errorText(error)}`, error);
  }
}
