import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { parsePort } from "../../base/address.js";
import type { Server } from "../../config/target.js";
import type { AgentChoice, HostConfig, HostKeepalive, HostKeyPolicy } from "../host-config.js";
import type { SshDump } from "./ssh-dump.js";

/** What only the asker knows. */
export interface ReadContext {
  readonly alias: string;
  /** Key files that were named on the command line: ssh leaves out those that are not there, and only warns. */
  readonly identities: readonly string[];
  readonly jumps: readonly HostConfig[];
  readonly files: readonly string[];
  /** What this ssh says of a host of which nobody said anything: its defaults. */
  readonly defaults: SshDump;
  readonly env: NodeJS.ProcessEnv;
}

/** A HostConfig from what `ssh -G` says. Pure. */
export function readHostConfig(dump: SshDump, context: ReadContext): HostConfig {
  const one = (key: string) => dump.get(key)?.[0] ?? "";
  const all = (key: string) => (dump.get(key) ?? []).filter((value) => value !== "none");
  const isYes = (key: string) => one(key) === "yes" || one(key) === "true";
  const isDefault = (key: string) => (dump.get(key) ?? []).join("\n") === (context.defaults.get(key) ?? []).join("\n");
  const list = (key: string) => (isDefault(key) || one(key) === "" ? null : one(key).split(","));
  const text = (key: string) => (one(key) === "" || one(key) === "none" ? null : one(key));
  const server: Server = { user: one("user"), host: one("hostname"), port: parsePort(one("port")) };
  const expand = (path: string) => expandPath(path, context.alias, server, context.env);
  const files = (key: string) =>
    all(key)
      .flatMap((value) => value.split(" "))
      .filter((path) => path !== "none")
      .map(expand);
  const found = all("identityfile").map(expand);
  const missing = context.identities.filter((path) => !found.includes(path));
  return {
    alias: context.alias,
    server,
    jumps: context.jumps,
    proxyCommand: text("proxycommand"),
    identities: [...missing, ...found],
    hasOwnIdentities: context.identities.length > 0 || !isDefault("identityfile"),
    identitiesOnly: isYes("identitiesonly"),
    agent: readAgent(text("identityagent"), one("identityagent") === "none", expand),
    certificates: all("certificatefile").map(expand),
    authMethods: readMethods(one, isYes),
    passwordPrompts: Number(one("numberofpasswordprompts") || 3),
    hostKeyAlias: text("hostkeyalias"),
    userKnownHosts: files("userknownhostsfile"),
    globalKnownHosts: files("globalknownhostsfile"),
    hostKeyPolicy: readHostKeyPolicy(one("stricthostkeychecking")),
    hashKnownHosts: isYes("hashknownhosts"),
    hostKeyAlgorithms: list("hostkeyalgorithms"),
    kexAlgorithms: list("kexalgorithms"),
    ciphers: list("ciphers"),
    macs: list("macs"),
    pubkeyAlgorithms: list("pubkeyacceptedalgorithms"),
    connectTimeoutMs: /^[1-9]\d*$/.test(one("connecttimeout")) ? Number(one("connecttimeout")) * 1000 : null,
    keepalive: readKeepalive(Number(one("serveraliveinterval")), Number(one("serveralivecountmax"))),
    addressFamily: one("addressfamily") === "inet" || one("addressfamily") === "inet6" ? (one("addressfamily") as "inet" | "inet6") : "any",
    bindAddress: text("bindaddress"),
    compression: isYes("compression"),
    said: dump,
    files: context.files,
  };
}

function readKeepalive(intervalS: number, countMax: number): HostKeepalive | null {
  return intervalS > 0 && countMax > 0 ? { intervalMs: intervalS * 1000, countMax } : null;
}

/** OpenSSH has printed `true` and `false` for `yes` and `no`, and calls `no` also `off`. */
function readHostKeyPolicy(value: string): HostKeyPolicy {
  if (value === "yes" || value === "true") return "yes";
  if (value === "no" || value === "false" || value === "off") return "no";
  return value === "accept-new" ? "accept-new" : "ask";
}

function readMethods(one: (key: string) => string, isYes: (key: string) => boolean): string[] {
  const wanted = (one("preferredauthentications") || "publickey,keyboard-interactive,password").split(",");
  const switches: Record<string, string> = {
    publickey: "pubkeyauthentication",
    "keyboard-interactive": "kbdinteractiveauthentication",
    password: "passwordauthentication",
  };
  return wanted.filter((method) => {
    const key = switches[method];
    return key === undefined || one(key) === "" || isYes(key) || !/^(?:no|false)$/.test(one(key));
  });
}

function readAgent(value: string | null, isNone: boolean, expand: (path: string) => string): AgentChoice {
  if (isNone) return { kind: "none" };
  return value === null || value === "SSH_AUTH_SOCK" ? { kind: "usual" } : { kind: "socket", path: expand(value) };
}

/** `~`, `$NAME` as a whole, and the tokens that ssh leaves in what it prints (ssh_config(5), TOKENS). */
function expandPath(path: string, alias: string, server: Server, env: NodeJS.ProcessEnv): string {
  const home = homedir();
  const tokens: Record<string, string> = { "%": "%", h: server.host, n: alias, p: String(server.port), r: server.user, d: home };
  const named = path.startsWith("$") ? (env[path.slice(1)] ?? path) : path;
  const expanded = named.replace(/%(.)/g, (token, letter: string) => tokens[letter] ?? token);
  if (/^~($|[\\/])/.test(expanded)) return join(home, expanded.slice(1));
  return isAbsolute(expanded) ? expanded : join(home, expanded);
}
