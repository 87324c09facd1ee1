import { readFile } from "node:fs/promises";
import ssh2, { type ParsedKey } from "ssh2";
import { Failure } from "../../../base/failure.js";
import { errorText, systemErrorCode } from "../../../base/system-error.js";
import { blobOfPrivateKey } from "../../keys/key-text.js";
import type { IdentityFile } from "./credentials.js";

/** A key file with what is needed to sign with it: the key, or, while it is locked, the file's contents. */
export type LoadedIdentity = IdentityFile & { readonly key?: ParsedKey; readonly contents?: Buffer };

export interface LoadedIdentities {
  readonly files: readonly LoadedIdentity[];
  /** One `identity-unreadable` for each file that cannot be used at all. */
  readonly failures: readonly Failure[];
}

export async function loadIdentities(paths: readonly string[]): Promise<LoadedIdentities> {
  const found = await Promise.all(paths.map((path) => loadIdentity(path).catch((error: unknown) => unreadable(path, error))));
  return {
    files: found.flatMap((one) => (one instanceof Failure ? [] : [one])),
    failures: found.flatMap((one) => (one instanceof Failure ? [one] : [])),
  };
}

/** The key of a file, decrypted. Undefined when the passphrase is wrong. */
export function unlock(contents: Buffer, passphrase: string): ParsedKey | undefined {
  const key = parseFirst(contents, passphrase);
  return key instanceof Error || !key.isPrivateKey() ? undefined : key;
}

/** The public half of a key by its SSH wire form. Undefined for a kind that ssh2 does not know. */
export function publicKeyOf(blob: Buffer): ParsedKey | undefined {
  const key = parseFirst(blob);
  return key instanceof Error ? undefined : key;
}

async function loadIdentity(path: string): Promise<LoadedIdentity> {
  const contents = await readFile(path).catch(async (error: unknown) => {
    // As for ssh, the public half alone will do where the private half is in the agent.
    const blob = systemErrorCode(error) === "ENOENT" ? await readPublicHalf(`${path}.pub`) : undefined;
    if (blob === undefined) throw error;
    return blob;
  });
  const parsed = parseFirst(contents);
  if (!(parsed instanceof Error)) {
    const blob = parsed.getPublicSSH();
    return parsed.isPrivateKey() ? { path, state: "usable", blob, key: parsed } : { path, state: "public", blob };
  }
  // The only sign of an encrypted key that ssh2 gives is this sentence.
  if (!/encrypted/i.test(parsed.message)) throw new Error("it is not a private key in OpenSSH or PEM form");
  return { path, state: "locked", blob: blobOfPrivateKey(contents.toString("latin1")) ?? (await readPublicHalf(`${path}.pub`)), contents };
}

async function readPublicHalf(path: string): Promise<Buffer | undefined> {
  try {
    const parsed = parseFirst(await readFile(path));
    return parsed instanceof Error ? undefined : parsed.getPublicSSH();
  } catch {
    return undefined;
  }
}

function parseFirst(contents: Buffer, passphrase?: string): ParsedKey | Error {
  const parsed = ssh2.utils.parseKey(contents, passphrase);
  return Array.isArray(parsed) ? (parsed[0] ?? new Error("it is empty")) : parsed;
}

function unreadable(path: string, error: unknown): Failure {
  const why = systemErrorCode(error) === "ENOENT" ? "it does not exist" : errorText(error);
  return new Failure("identity-unreadable", `cannot use the identity ${path}: ${why}`, { cause: error });
}
