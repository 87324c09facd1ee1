import { Failure } from "../../base/failure.js";
import { formatServer } from "../../config/target.js";
import type { EngineChoice } from "../../config/tunnel-spec.js";
import type { HostConfig } from "../host-config.js";
import type { EngineName } from "../session.js";

/** What must be looked up on this machine to choose: see host-looks.ts. */
export interface HostLooks {
  /** The types of the identities whose public half is there, by path. */
  readonly identityTypes: ReadonlyMap<string, string>;
  /** The certificates that are there beside the identities. */
  readonly certificates: readonly string[];
  readonly agentKeyTypes: readonly string[];
  readonly hasKerberosTicket: boolean;
  /** known_hosts trusts this host by a @cert-authority, and by no key of its own. */
  readonly needsAuthority: boolean;
}

/** An engine, and why it is this one when that needs a word. */
export interface EnginePick {
  readonly engine: EngineName;
  readonly reason: string | null;
}

interface Circumstances {
  readonly choice: EngineChoice;
  /** What only openssh can do, for the host and all that it jumps through. */
  readonly need: string | undefined;
  /** What was found out by trying. */
  readonly lesson: string | undefined;
  readonly hasSsh: boolean;
  readonly host: HostConfig;
}

/** Throws `engine-unavailable` where ssh is needed and is not there. Pure. */
export function pickEngine({ choice, need, lesson, hasSsh, host }: Circumstances): EnginePick {
  const where = formatServer(host.server);
  if (choice === "ssh2") return { engine: "ssh2", reason: need === undefined ? null : `asked for, though ssh_config wants ${need}` };
  if (choice === "openssh") {
    if (hasSsh) return { engine: "openssh", reason: "asked for" };
    throw unavailable(`${where} is to be reached by the system's ssh, and this machine has none`);
  }
  if (need === undefined && (lesson === undefined || !hasSsh)) return { engine: "ssh2", reason: null };
  if (hasSsh) return { engine: "openssh", reason: need ?? lesson ?? null };
  throw unavailable(`${where} needs the system's ssh for ${need}, and this machine has none`);
}

function unavailable(message: string): Failure {
  return new Failure("engine-unavailable", message);
}

const isYes = (value: string) => /^(?:yes|true)$/i.test(value);
const isSet = (value: string) => value !== "" && value !== "none" && !/^(?:no|false)$/i.test(value);

/** Keywords of ssh_config that ask for what ssh2 cannot do, with the values that do so and how that is called in a few words. */
const sshOnly: readonly (readonly [keyword: string, asks: (value: string) => boolean, words: string])[] = [
  ["pkcs11provider", isSet, "a PKCS#11 token"],
  ["knownhostscommand", isSet, "KnownHostsCommand"],
  ["revokedhostkeys", isSet, "RevokedHostKeys"],
  ["verifyhostkeydns", isSet, "VerifyHostKeyDNS"],
  ["proxyusefdpass", isYes, "ProxyUseFdpass"],
  ["hostbasedauthentication", isYes, "HostbasedAuthentication"],
  ["requiredrsasize", isSet, "RequiredRSASize"],
  ["bindinterface", isSet, "BindInterface"],
  ["refuseconnection", isSet, "RefuseConnection"],
];

/** What of this one host only openssh can do, in a few words; undefined when ssh2 can do it all. Pure. */
export function needOf(host: HostConfig, looks: HostLooks): string | undefined {
  const said = (keyword: string) => host.said.get(keyword)?.[0] ?? "";
  const keyword = sshOnly.find(([name, asks]) => asks(said(name)));
  if (keyword !== undefined) return keyword[2];
  const [certificate] = [...host.certificates, ...looks.certificates];
  if (certificate !== undefined) return `a certificate (${certificate})`;
  if (looks.needsAuthority) return "a @cert-authority of known_hosts";
  if (wantsGssapi(host, looks)) return "GSSAPI";
  return keyNeed(host, looks);
}

/** Debian's ssh_config says yes for everybody, which alone asks for nothing. */
function wantsGssapi(host: HostConfig, { hasKerberosTicket }: HostLooks): boolean {
  if (!isYes(host.said.get("gssapiauthentication")?.[0] ?? "")) return false;
  const preferred = host.said.get("preferredauthentications")?.[0];
  if (preferred !== undefined) return preferred.startsWith("gssapi");
  return hasKerberosTicket;
}

/** Keys of which ssh2 makes no signature, not even by an agent: those in a security key, and certificates. */
function keyNeed(host: HostConfig, { identityTypes, agentKeyTypes }: HostLooks): string | undefined {
  const isSecurityKey = (type: string) => type.startsWith("sk-");
  const securityKey = [...identityTypes].find(([, type]) => isSecurityKey(type));
  if (securityKey !== undefined && host.hasOwnIdentities) return `a security key (${securityKey[0]})`;
  const isUsable = (type: string) => !isSecurityKey(type) && !type.includes("-cert-v01@");
  const types = [...identityTypes.values(), ...agentKeyTypes];
  if (types.length === 0 || types.some(isUsable)) return undefined;
  return types.some(isSecurityKey) ? "a security key" : "a certificate in the agent";
}
