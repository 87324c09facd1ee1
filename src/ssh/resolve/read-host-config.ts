import { parsePort } from "../../base/address.js";
import type { Server } from "../../config/target.js";
import type { AgentChoice, HostConfig, HostKeepalive, HostKeyPolicy } from "../host-config.js";
import type { Machine } from "./machine.js";
import { splitPaths } from "./split-paths.js";
import { type SshDump, saidBeyond } from "./ssh-dump.js";
import { expandPath, expandTokens, tokensOf } from "./tokens.js";

/** What only the asker knows. */
export interface ReadContext {
  readonly alias: string;
  readonly jumps: readonly HostConfig[];
  readonly files: readonly string[];
  /** What this ssh says of a host of which nobody said anything: its defaults. */
  readonly defaults: SshDump;
  readonly machine: Machine;
  readonly hashHasJump: boolean;
  readonly exists: (path: string) => boolean;
}

/** A HostConfig from what `ssh -G` says. Pure. */
export function readHostConfig(dump: SshDump, context: ReadContext): HostConfig {
  const { machine } = context;
  const one = (key: string) => dump.get(key)?.[0] ?? "";
  const all = (key: string) => (dump.get(key) ?? []).filter((value) => value !== "none");
  const isYes = (key: string) => one(key) === "yes" || one(key) === "true";
  const isDefault = (key: string) => (dump.get(key) ?? []).join("\n") === (context.defaults.get(key) ?? []).join("\n");
  const list = (key: string) => (isDefault(key) || one(key) === "" ? null : one(key).split(","));
  const text = (key: string) => (one(key) === "" || one(key) === "none" ? null : one(key));
  const server: Server = { user: one("user"), host: one("hostname"), port: parsePort(one("port")) };
  const tokens = tokensOf({ ...context, server, hostKeyAlias: text("hostkeyalias"), proxyJump: text("proxyjump") });
  const expand = (path: string) => expandPath(path, tokens, machine);
  const files = (key: string) =>
    all(key)
      .flatMap((value) => splitPaths(value, context.exists))
      .filter((path) => path !== "none")
      .map(expand);
  const proxyCommand = text("proxycommand");
  return {
    alias: context.alias,
    server,
    jumps: context.jumps,
    proxyCommand: proxyCommand === null ? null : expandTokens(proxyCommand, tokens),
    identities: [...new Set(all("identityfile").map(expand))],
    hasOwnIdentities: !isDefault("identityfile"),
    identitiesOnly: isYes("identitiesonly"),
    agent: readAgent(one("identityagent"), expand, machine.env),
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
    addressFamily: readFamily(one("addressfamily")),
    bindAddress: text("bindaddress"),
    compression: isYes("compression"),
    said: saidBeyond(dump, context.defaults),
    files: context.files,
  };
}

function readKeepalive(intervalS: number, countMax: number): HostKeepalive | null {
  return intervalS > 0 && countMax > 0 ? { intervalMs: intervalS * 1000, countMax } : null;
}

function readFamily(value: string): HostConfig["addressFamily"] {
  return value === "inet" || value === "inet6" ? value : "any";
}

/** OpenSSH has printed `true` and `false` for `yes` and `no`, and calls `no` also `off`. */
function readHostKeyPolicy(value: string): HostKeyPolicy {
  if (value === "yes" || value === "true") return "yes";
  if (value === "no" || value === "false" || value === "off") return "no";
  return value === "accept-new" ? "accept-new" : "ask";
}

/** The keyword that switches each method; ssh asks for no secret in batch mode. */
const switches: Readonly<Record<string, string>> = {
  publickey: "pubkeyauthentication",
  "keyboard-interactive": "kbdinteractiveauthentication",
  password: "passwordauthentication",
};

function readMethods(one: (key: string) => string, isYes: (key: string) => boolean): string[] {
  const wanted = (one("preferredauthentications") || "publickey,keyboard-interactive,password").split(",");
  return wanted.filter((method) => {
    if (method !== "publickey" && method in switches && isYes("batchmode")) return false;
    // PubkeyAuthentication has other values than yes and no, which are kinds of yes.
    return !/^(?:no|false)$/.test(one(switches[method] ?? ""));
  });
}

/** `$NAME` is the variable's value, and without one there is no agent, as in ssh. */
function readAgent(value: string, expand: (path: string) => string, env: NodeJS.ProcessEnv): AgentChoice {
  if (value === "" || value === "SSH_AUTH_SOCK" || value === "$SSH_AUTH_SOCK") return { kind: "usual" };
  if (value === "none") return { kind: "none" };
  const [, name] = /^\$([A-Za-z_]\w*)$/.exec(value) ?? [];
  if (name === undefined) return { kind: "socket", path: expand(value) };
  return env[name] ? { kind: "socket", path: env[name] } : { kind: "none" };
}
