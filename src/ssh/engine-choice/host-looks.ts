import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FoundAgent } from "../agent/find-agent.js";
import { type HostConfig, knownHostsFiles, knownHostsName } from "../host-config.js";
import { judgeHostKey, parseKnownHosts } from "../host-keys/known-hosts.js";
import { blobOfPrivateKey, blobOfPublicKey } from "../keys/key-text.js";
import { keyTypeOf } from "../keys/public-key.js";
import type { HostLooks } from "./choose-engine.js";

/** Looks at the files that decide which engine can log in to `host`. What cannot be read says nothing: the log-in will complain. */
export async function lookAtHost(host: HostConfig, agent: FoundAgent | undefined, env: NodeJS.ProcessEnv): Promise<HostLooks> {
  const offersKeys = host.authMethods.includes("publickey");
  const identities = offersKeys ? host.identities : [];
  const [types, certificates, needsAuthority, hasKerberosTicket] = await Promise.all([
    Promise.all(identities.map(async (path) => [path, await publicKeyType(path)] as const)),
    existing(identities.map((path) => `${path}-cert.pub`)),
    isKnownByAuthorityAlone(host),
    hasTicket(host, env),
  ]);
  return {
    identityTypes: new Map(types.flatMap(([path, type]) => (type === undefined ? [] : [[path, type] as const]))),
    certificates,
    agentKeyTypes: offersKeys && !host.identitiesOnly ? (agent?.identities ?? []).map(({ keyType }) => keyType) : [],
    hasKerberosTicket,
    needsAuthority,
  };
}

/** Of the `.pub` beside it; or of the file itself, which may also be a public half whose private one an agent or a token has. */
async function publicKeyType(path: string): Promise<string | undefined> {
  const [beside, itself] = await Promise.all([`${path}.pub`, path].map((file) => readFile(file, "utf8").catch(() => "")));
  const blob = blobOfPublicKey(beside ?? "") ?? blobOfPublicKey(itself ?? "") ?? blobOfPrivateKey(itself ?? "");
  return blob && keyTypeOf(blob);
}

async function existing(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map((path) =>
      access(path).then(
        () => path,
        () => undefined,
      ),
    ),
  );
  return found.flatMap((path) => path ?? []);
}

const marker = "@cert-authority";
/** No server has it: what is said of it is said of every key that known_hosts does not have. */
const nobodysKey = Buffer.from([0, 0, 0, 4, ...Buffer.from("none")]);

async function isKnownByAuthorityAlone(host: HostConfig): Promise<boolean> {
  if (host.hostKeyPolicy === "no") return false;
  const read = async (path: string) => ({ path, text: await readFile(path, "utf8").catch(() => "") });
  const texts = await Promise.all(knownHostsFiles(host).map(read));
  // Most people have none, and parsing takes longer than looking.
  if (!texts.some(({ text }) => text.includes(marker))) return false;
  const lines = texts.flatMap(({ text, path }) => parseKnownHosts(text, path));
  const { host: name, port } = knownHostsName(host);
  return judgeHostKey(lines, name, port, nobodysKey).kind === "needs-authority";
}

/** Where a ticket is kept that no file shows (KEYRING, KCM) it is not found, and keys are tried first. */
async function hasTicket(host: HostConfig, env: NodeJS.ProcessEnv): Promise<boolean> {
  if (!host.said.has("gssapiauthentication")) return false;
  const path = env.KRB5CCNAME?.replace(/^(?:FILE|DIR):/, "") ?? join("/tmp", `krb5cc_${process.getuid?.() ?? ""}`);
  return (await existing([path])).length > 0;
}
