import { createHash } from "node:crypto";
import { isAbsolute, join } from "node:path";
import { expandTilde } from "../../config/expand-home.js";
import type { Server } from "../../config/target.js";
import type { Machine } from "./machine.js";

/** What the tokens of ssh_config(5) stand for, by their letter. */
export type Tokens = Readonly<Record<string, string>>;

interface TokenFacts {
  readonly alias: string;
  readonly server: Server;
  readonly hostKeyAlias: string | null;
  /** The hosts of ProxyJump, as they are written; null without. */
  readonly proxyJump: string | null;
  readonly machine: Machine;
  /** Whether `%C` counts the jump host in, as since OpenSSH 9.6. */
  readonly hashHasJump: boolean;
}

export function tokensOf({ alias, server, hostKeyAlias, proxyJump, machine, hashHasJump }: TokenFacts): Tokens {
  const port = String(server.port);
  const lastJump = (proxyJump ?? "").split(",").at(-1) ?? "";
  // The bare name: ssh has taken user and port off by then.
  const jump = lastJump
    .replace(/^ssh:\/\//, "")
    .replace(/^.*@/, "")
    .replace(/^\[([^\]]*)\].*$|:\d+$/, "$1");
  const hashed = machine.hostName + server.host + port + server.user + (hashHasJump ? jump : "");
  return {
    "%": "%",
    C: createHash("sha1").update(hashed).digest("hex"),
    L: machine.hostName.split(".")[0] ?? "",
    d: machine.home,
    h: server.host,
    i: String(machine.uid),
    j: jump,
    k: hostKeyAlias ?? alias,
    l: machine.hostName,
    n: alias,
    p: port,
    r: server.user,
    u: machine.userName,
  };
}

/** `%h` and its like; a letter that stands for nothing stays as it is. */
export function expandTokens(text: string, tokens: Tokens): string {
  return text.replace(/%(.)/g, (token, letter: string) => tokens[letter] ?? token);
}

/** `${NAME}`; a variable that is not set stays as it is, since ssh would refuse to go on. */
export function expandVariables(text: string, env: NodeJS.ProcessEnv): string {
  return text.replace(/\$\{([^}]*)\}/g, (variable, name: string) => env[name] ?? variable);
}

/** A path of ssh_config, absolute. ssh takes a relative one from the folder it stands in; a daemon stands nowhere, and takes the home. */
export function expandPath(path: string, tokens: Tokens, { home, env }: Machine): string {
  const expanded = expandTilde(expandTokens(expandVariables(path, env), tokens), home);
  return isAbsolute(expanded) ? expanded : join(home, expanded);
}
