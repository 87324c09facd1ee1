import { readFile } from "node:fs/promises";
import ssh2, { type ParsedKey } from "ssh2";
import { Failure } from "../../base/failure.js";
import { errorText, systemErrorCode } from "../../base/system-error.js";
import type { IdentityFile } from "../credentials.js";

/** A key file with what is needed to sign with it. */
export type LoadedIdentity = IdentityFile & { readonly key?: ParsedKey };

/** The key files a user named with -i. Throws `identity-unreadable` for one that cannot be used at all. */
export async function loadNamedIdentities(paths: readonly string[]): Promise<LoadedIdentity[]> {
  return Promise.all(
    paths.map(async (path) => {
      const loaded = await loadIdentity(path).catch((error: unknown) => {
        const why = systemErrorCode(error) === "ENOENT" ? "it does not exist" : errorText(error);
        throw new Failure("identity-unreadable", `cannot use the identity ${path}: ${why}`, { cause: error });
      });
      return loaded;
    }),
  );
}

/** The files that ssh tries of itself, as far as they are there and are keys; nobody asked for them, so nothing about them is an error. */
export async function loadDefaultIdentities(paths: readonly string[]): Promise<LoadedIdentity[]> {
  const found = await Promise.allSettled(paths.map(loadIdentity));
  return found.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}

async function loadIdentity(path: string): Promise<LoadedIdentity> {
  const parsed = parseFirst(await readFile(path));
  if (!(parsed instanceof Error)) {
    if (!parsed.isPrivateKey()) throw new Error("it holds no private key");
    return { path, state: "usable", blob: parsed.getPublicSSH(), key: parsed };
  }
  // The only sign of an encrypted key that ssh2 gives is this sentence.
  if (!/encrypted/i.test(parsed.message)) throw new Error("it is not a private key in OpenSSH or PEM form");
  return { path, state: "locked", blob: await readPublicHalf(`${path}.pub`) };
}

async function readPublicHalf(path: string): Promise<Buffer | undefined> {
  try {
    const parsed = parseFirst(await readFile(path));
    return parsed instanceof Error ? undefined : parsed.getPublicSSH();
  } catch {
    return undefined;
  }
}

function parseFirst(contents: Buffer): ParsedKey | Error {
  const parsed = ssh2.utils.parseKey(contents);
  return Array.isArray(parsed) ? (parsed[0] ?? new Error("it is empty")) : parsed;
}
