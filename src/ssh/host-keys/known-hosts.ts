import { createHash, createHmac, randomBytes } from "node:crypto";
import { Failure } from "../../base/failure.js";
import { defaultSshPort } from "../../config/target.js";
import { keyTypeOf } from "../keys/public-key.js";
import type { UnknownHostKey } from "../session.js";
import { matchesWildcard } from "../wildcard.js";

export interface KnownHostsLine {
  readonly path: string;
  /** 1-based, as ssh and editors count. */
  readonly line: number;
  readonly marker: "revoked" | "cert-authority" | null;
  readonly patterns: readonly string[];
  readonly keyType: string;
  readonly keyBase64: string;
}

export type HostKeyVerdict =
  | { readonly kind: "known" }
  | { readonly kind: "unknown" }
  | { readonly kind: "changed"; readonly path: string; readonly line: number; readonly keyType: string; readonly keyBase64: string }
  | { readonly kind: "revoked"; readonly path: string; readonly line: number }
  /** Only a @cert-authority speaks for this host, and certificates cannot be checked yet. */
  | { readonly kind: "needs-authority"; readonly path: string; readonly line: number };

const sha1Bytes = 20;

/** Reads the format of sshd(8). As in ssh, a line that cannot be read is as if it were not there. */
export function parseKnownHosts(text: string, path: string): KnownHostsLine[] {
  return text.split("\n").flatMap((content, index) => {
    const fields = content
      .replace(/\r$/, "")
      .split(/[ \t]+/)
      .filter((field) => field !== "");
    const first = fields[0];
    if (first === undefined || first.startsWith("#")) return [];
    const marker = readMarker(first);
    if (marker === undefined) return [];
    const [hosts, keyType, keyBase64] = marker === null ? fields : fields.slice(1);
    if (hosts === undefined || keyType === undefined || keyBase64 === undefined) return [];
    if (!isKey(keyType, keyBase64)) return [];
    return [{ path, line: index + 1, marker, patterns: hosts.split(","), keyType, keyBase64 }];
  });
}

/** The name that known_hosts has for a server: `host`, or `[host]:port` when the port is not 22. */
export function hostPattern(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === defaultSshPort ? name : `[${name}]:${port}`;
}

/**
 * What known_hosts says of `key`. A known host with only keys of other types is `changed`, as in ssh: otherwise an impostor
 * would only have to offer a type that was never seen.
 */
export function judgeHostKey(lines: readonly KnownHostsLine[], host: string, port: number, key: Buffer): HostKeyVerdict {
  const verdict = judgeName(lines, hostPattern(host, port), key);
  if (port === defaultSshPort || (verdict.kind !== "unknown" && verdict.kind !== "needs-authority")) return verdict;
  // ssh asks for the name without the port next, but takes no offence there: another server on port 22 may have another key.
  const portless = judgeName(lines, hostPattern(host, defaultSshPort), key);
  if (portless.kind === "known" || portless.kind === "revoked") return portless;
  return portless.kind === "needs-authority" && verdict.kind === "unknown" ? portless : verdict;
}

/** The types of this host's own keys, in file order. ssh offers these first, so that a server with several shows the known one. */
export function knownKeyTypes(lines: readonly KnownHostsLine[], host: string, port: number): string[] {
  const matching = linesFor(lines, hostPattern(host, port));
  const revoked = new Set(matching.filter((line) => line.marker === "revoked").map((line) => line.keyBase64));
  const usable = matching.filter((line) => line.marker === null && !revoked.has(line.keyBase64));
  return [...new Set(usable.map((line) => line.keyType))];
}

/** Whether this very key is trusted under this very name: there is no need to write it down again. */
export function hasHostKey(lines: readonly KnownHostsLine[], key: Pick<UnknownHostKey, "hostPattern" | "keyBase64">): boolean {
  return linesFor(lines, key.hostPattern).some((line) => line.marker === null && line.keyBase64 === key.keyBase64);
}

/** A raw public key in the words of known_hosts, with the fingerprint that `ssh-keygen -lf` prints. */
export function describeKey(key: Buffer): { keyType: string; keyBase64: string; fingerprint: string } {
  const keyType = keyTypeOf(key);
  if (keyType === undefined) throw new Failure("not-ssh", "the server showed a host key that is not an SSH public key");
  const digest = createHash("sha256").update(key).digest("base64").replace(/=+$/, "");
  return { keyType, keyBase64: key.toString("base64"), fingerprint: `SHA256:${digest}` };
}

/** Without the newline. With `isHashed` the name is a hash with a salt of its own, as HashKnownHosts has ssh write it. */
export function formatKnownHostsLine({ hostPattern: name, keyType, keyBase64, isHashed }: UnknownHostKey): string {
  return `${isHashed ? hashName(name, randomBytes(sha1Bytes)) : name} ${keyType} ${keyBase64}`;
}

/** The names under which this very key stands already, each with its place; a hashed name cannot be read. */
export function otherNamesOf(lines: readonly KnownHostsLine[], { hostPattern: own, keyBase64 }: UnknownHostKey): string[] {
  const same = lines.filter((line) => line.marker === null && line.keyBase64 === keyBase64 && !line.patterns.includes(own));
  return same.map(({ path, line, patterns }) => `${path}:${line}: ${patterns[0]?.startsWith("|") ? "[hashed name]" : patterns.join(",")}`);
}

function judgeName(lines: readonly KnownHostsLine[], name: string, key: Buffer): HostKeyVerdict {
  const matching = linesFor(lines, name);
  const keyBase64 = key.toString("base64");
  const revoked = matching.find((line) => line.marker === "revoked" && line.keyBase64 === keyBase64);
  if (revoked !== undefined) return { kind: "revoked", path: revoked.path, line: revoked.line };
  const own = matching.filter((line) => line.marker === null);
  if (own.some((line) => line.keyBase64 === keyBase64)) return { kind: "known" };
  const old = own.find((line) => line.keyType === keyTypeOf(key)) ?? own[0];
  if (old !== undefined) return { kind: "changed", path: old.path, line: old.line, keyType: old.keyType, keyBase64: old.keyBase64 };
  const authority = matching.find((line) => line.marker === "cert-authority");
  if (authority !== undefined) return { kind: "needs-authority", path: authority.path, line: authority.line };
  return { kind: "unknown" };
}

function linesFor(lines: readonly KnownHostsLine[], name: string): KnownHostsLine[] {
  return lines.filter(({ patterns }) => (patterns[0]?.startsWith("|") ? matchesHash(name, patterns) : matchesPatterns(name, patterns)));
}

function matchesPatterns(name: string, patterns: readonly string[]): boolean {
  const lower = patterns.map((pattern) => pattern.toLowerCase());
  if (lower.some((pattern) => pattern.startsWith("!") && matchesWildcard(name, pattern.slice(1)))) return false;
  return lower.some((pattern) => !pattern.startsWith("!") && matchesWildcard(name, pattern));
}

/** `|1|salt|hash` stands alone on its line; beside other patterns, or with a salt of another length, it is void, as in ssh. */
function matchesHash(name: string, patterns: readonly string[]): boolean {
  const written = patterns.join(",");
  const salt = Buffer.from(written.split("|")[2] ?? "", "base64");
  if (salt.length !== sha1Bytes) return false;
  return written === hashName(name, salt);
}

function hashName(name: string, salt: Buffer): string {
  return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
}

function readMarker(field: string): KnownHostsLine["marker"] | undefined {
  if (field === "@revoked") return "revoked";
  if (field === "@cert-authority") return "cert-authority";
  return field.startsWith("@") ? undefined : null;
}

/** Node decodes base64 leniently; ssh does not, and a key must be of the type that its line claims. */
function isKey(keyType: string, keyBase64: string): boolean {
  const key = Buffer.from(keyBase64, "base64");
  return key.toString("base64") === keyBase64 && keyTypeOf(key) === keyType;
}
