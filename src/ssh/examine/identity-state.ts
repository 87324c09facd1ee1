import { readFile, stat } from "node:fs/promises";
import { systemErrorCode } from "../../base/system-error.js";
import type { FoundAgent } from "../agent/find-agent.js";
import { blobOfPrivateKey, blobOfPublicKey, isEncryptedKey } from "../keys/key-text.js";
import { keyTypeOf } from "../keys/public-key.js";

export interface IdentityState {
  readonly path: string;
  /** `public`: only the public half is there, for an agent or a token that has the other. */
  readonly state: "usable" | "encrypted" | "public" | "missing" | "unreadable" | "no-key";
  /** Whether others than its owner may read it: ssh passes over such a private key. Never on Windows, where modes tell nothing. */
  readonly isTooOpen: boolean;
  readonly inAgent: boolean;
  readonly keyType: string | null;
}

/** How a key file stands, without a passphrase and without asking anybody. */
export async function examineIdentity(path: string, agent: FoundAgent | undefined): Promise<IdentityState> {
  const publicText = await readFile(`${path}.pub`, "utf8").catch(() => "");
  let text: string | undefined;
  let problem: "missing" | "unreadable" = "missing";
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") problem = "unreadable";
  }
  const itself = blobOfPublicKey(text ?? "");
  const blob = blobOfPublicKey(publicText) ?? itself ?? blobOfPrivateKey(text ?? "");
  return {
    path,
    state: text === undefined ? problem : itself !== undefined ? "public" : stateOfText(text),
    isTooOpen: text !== undefined && itself === undefined && (await isOpenToOthers(path)),
    inAgent: blob !== undefined && (agent?.identities.some((held) => held.blob.equals(blob)) ?? false),
    keyType: (blob && keyTypeOf(blob)) ?? null,
  };
}

/** As in ssh, only the owner's own file is looked at so. */
async function isOpenToOthers(path: string): Promise<boolean> {
  const { mode, uid } = await stat(path);
  return process.platform !== "win32" && uid === process.getuid?.() && (mode & 0o077) !== 0;
}

function stateOfText(text: string): IdentityState["state"] {
  if (!/^-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/m.test(text)) return "no-key";
  return isEncryptedKey(text) ? "encrypted" : "usable";
}
