import { defaultSshPort, type Server } from "../config/target.js";

export type HostKeyPolicy = "yes" | "ask" | "accept-new" | "no";

/** How an agent is found: the usual way, nowhere, or at a socket that ssh_config names (IdentityAgent). */
export type AgentChoice = { readonly kind: "usual" } | { readonly kind: "none" } | { readonly kind: "socket"; readonly path: string };

/** ServerAliveInterval and ServerAliveCountMax. */
export interface HostKeepalive {
  readonly intervalMs: number;
  readonly countMax: number;
}

/** What ssh_config(5) and the command line say of one host, resolved: tokens expanded, paths absolute, the first value taken. */
export interface HostConfig {
  /** As the user wrote it: the alias. */
  readonly alias: string;
  readonly server: Server;
  /** The hosts to go through, in order, each resolved by itself. Empty with a ProxyCommand. */
  readonly jumps: readonly HostConfig[];
  /** Run by the user's shell, its stdin and stdout the connection. */
  readonly proxyCommand: string | null;

  /** Key files in the order in which they are offered. */
  readonly identities: readonly string[];
  /** False when `identities` are only the names that ssh tries of itself: then one that is missing is no error. */
  readonly hasOwnIdentities: boolean;
  readonly identitiesOnly: boolean;
  readonly agent: AgentChoice;
  readonly certificates: readonly string[];
  /** RFC 4252 names, in the order to try; what the user switched off is not in it. */
  readonly authMethods: readonly string[];
  readonly passwordPrompts: number;

  /** The name that known_hosts has for this server, in place of host and port. */
  readonly hostKeyAlias: string | null;
  readonly userKnownHosts: readonly string[];
  readonly globalKnownHosts: readonly string[];
  readonly hostKeyPolicy: HostKeyPolicy;
  readonly hashKnownHosts: boolean;

  /** Null: ssh's own default, so that an engine may take its own. */
  readonly hostKeyAlgorithms: readonly string[] | null;
  readonly kexAlgorithms: readonly string[] | null;
  readonly ciphers: readonly string[] | null;
  readonly macs: readonly string[] | null;
  readonly pubkeyAlgorithms: readonly string[] | null;

  readonly connectTimeoutMs: number | null;
  /** Null where the interval is 0, which is ssh's default. */
  readonly keepalive: HostKeepalive | null;
  readonly addressFamily: "any" | "inet" | "inet6";
  readonly bindAddress: string | null;
  readonly compression: boolean;

  /** Everything that was said, by keyword in lower case: for the choice of an engine, and for what is not honoured. */
  readonly said: ReadonlyMap<string, readonly string[]>;
  /** The files that were read for it: an edit of one may make another HostConfig. */
  readonly files: readonly string[];
}

/** Whether somebody else speaks first: another ssh perhaps, with questions of its own. */
export function hasProxy({ jumps, proxyCommand }: HostConfig): boolean {
  return jumps.length > 0 || proxyCommand !== null;
}

/** In the order in which they are read. */
export function knownHostsFiles({ userKnownHosts, globalKnownHosts }: HostConfig): readonly string[] {
  return [...userKnownHosts, ...globalKnownHosts];
}

/** What known_hosts calls it: an alias stands there without a port. */
export function knownHostsName({ hostKeyAlias, server }: HostConfig): { readonly host: string; readonly port: number } {
  return hostKeyAlias === null ? server : { host: hostKeyAlias, port: defaultSshPort };
}
