import { asFailure } from "../../base/failure.js";
import { plainLogin } from "../../config/plain-login.js";
import type { TunnelEntry } from "../../config/schema.js";
import { formatServer, formatTarget, parseTarget, type Target } from "../../config/target.js";
import { writtenTarget } from "../../config/targets-of.js";
import type { LoginSpec, TunnelSpec } from "../../config/tunnel-spec.js";
import { canonicalHost } from "../../forward/port-owner/very-forward.js";
import { resolveHost } from "../../ssh/resolve/resolve-host.js";

/** What targets lead to, as ssh says it: `user@host:port` by a target and the ssh_config that it is read with. */
export type Servers = ReadonlyMap<string, string>;

const askedMax = 64;

type Written = Pick<TunnelEntry, "target" | "sshConfig" | "sshOptions">;

/** Asks ssh of each; what it does not tell is left out. */
export async function findServers(entries: readonly Written[], tunnels: Iterable<TunnelSpec>, signal: AbortSignal): Promise<Servers> {
  const servers = new Map<string, string>();
  const logins = [...[...tunnels].map(({ login }) => login), ...entries.flatMap((entry) => readLogin(entry) ?? [])];
  for (const login of logins.slice(0, askedMax)) {
    const key = keyOf(login);
    // What others wrote is given to ssh only where no shell could read anything into it, and never with a file of its own.
    if (servers.has(key) || !/^[\w.@:[\]-]+$/.test(formatTarget(login.target)) || login.configFile !== null) continue;
    try {
      servers.set(key, formatServer((await resolveHost(plainLogin(login.target), signal)).server));
    } catch (error) {
      if (signal.aborted) throw error;
    }
  }
  return servers;
}

/** In doubt it is not: where ssh was not asked, two names are one server only when they say the same. Pure. */
export function isSameServer(entry: Written, { login }: TunnelSpec, servers: Servers): boolean {
  const theirs = readLogin(entry);
  if (theirs === undefined || hostNamesIn(entry.sshOptions ?? []) !== hostNamesIn(login.options)) return false;
  const [one, other] = [servers.get(keyOf(theirs)), servers.get(keyOf(login))];
  if (one !== undefined && other !== undefined) return one === other;
  return theirs.configFile === login.configFile && isSameTarget(theirs.target, login.target);
}

/** An option that makes another server of a target. */
function hostNamesIn(options: readonly string[]): string {
  return options.filter((option) => /^\s*hostname\b/i.test(option)).join("\n");
}

/** What one does not say contradicts nothing. */
function isSameTarget(one: Target, other: Target): boolean {
  return (
    canonicalHost(one.host) === canonicalHost(other.host) &&
    (one.user === other.user || one.user === null || other.user === null) &&
    (one.port === other.port || one.port === null || other.port === null)
  );
}

function readLogin({ sshConfig, ...written }: Written): LoginSpec | undefined {
  try {
    return plainLogin(parseTarget(writtenTarget(written)), sshConfig ?? null);
  } catch (error) {
    if (asFailure(error).code === "internal") throw error;
    return undefined;
  }
}

function keyOf({ target, configFile }: LoginSpec): string {
  return `${configFile ?? ""}\n${formatTarget(target)}`;
}
