import { type Endpoint, isSocketPath } from "../base/address.js";
import { Failure } from "../base/failure.js";
import { deepEveryMs, gatewayEveryMs, healthDefaults } from "./defaults.js";
import type { GatewayPort } from "./destination.js";
import { expandHome } from "./expand-home.js";
import { noRemoteSocks, parseDestination, parseLocalBind, parseOwnDestination, parseRemoteBind, remoteSocksHint } from "./forward-spec.js";
import { forwardEntries, profileOf } from "./gateway-preset.js";
import type { DeepEntry, ForwardEntry, HealthEntry, TunnelEntry } from "./schema.js";
import { checkSocketPath } from "./socket-path.js";
import type {
  DeepSpec,
  DynamicForwardSpec,
  ForwardSpec,
  HealthCheck,
  HealthSpec,
  LocalForwardSpec,
  RemoteForwardSpec,
  TunnelSpec,
} from "./tunnel-spec.js";

/** Reads a value at a path within the tunnel; undefined when it is wrong, which is told elsewhere. */
export type Reader = <T>(path: string, parse: () => T) => T | undefined;

/** What the user wrote of one forward, and where. */
interface Written {
  readonly tunnel: TunnelEntry;
  readonly forward: ForwardEntry;
  readonly path: string;
  readonly read: Reader;
}

/** The forwards of a tunnel; undefined for one that is wrong, which is told elsewhere. */
export function resolveForwards(entry: TunnelEntry, read: Reader): Pick<TunnelSpec, "forwards" | "optionalForwards"> {
  const isAuto = entry.forwards === undefined && entry.preset === "openclaw" && entry.remotePort === "auto";
  const gateway: GatewayPort = { profile: profileOf(entry) };
  const all = forwardEntries(entry).map((forward, index) => ({
    isOptional: forward.optional ?? false,
    spec: resolveForward(entry, forward, `forwards[${index}]`, read),
  }));
  const local = ({ spec }: (typeof all)[number]) => (spec?.kind === "local" ? [spec] : []);
  const [main, optional] = [all.filter(({ isOptional }) => !isOptional), all.filter(({ isOptional }) => isOptional)];
  if (isAuto) return { forwards: main.flatMap(local).map((spec) => ({ ...spec, to: gateway })), optionalForwards: [{ beside: gateway }] };
  if (main.length === 0) {
    const why = optional.length === 0 ? "the tunnel has no forward" : "every forward is optional: nothing tells whether the tunnel works";
    refuse(read, "forwards", why);
  }
  return { forwards: main.flatMap(({ spec }) => spec ?? []), optionalForwards: optional.flatMap(local) };
}

export function resolveForward(tunnel: TunnelEntry, forward: ForwardEntry, path: string, read: Reader): ForwardSpec | undefined {
  const { local, remote, dynamic } = forward;
  const kinds = Object.entries({ local, remote, dynamic }).filter(([, bind]) => bind !== undefined);
  if (kinds.length !== 1) {
    const has = kinds.length === 0 ? "none of them" : kinds.map(([kind]) => kind).join(" and ");
    return refuse(read, path, `it must have exactly one of local, remote and dynamic, and has ${has}`);
  }
  const written = { tunnel, forward, path, read };
  if (local !== undefined) return resolveLocal(written, local);
  return remote === undefined ? resolveDynamic(written, dynamic ?? "") : resolveRemote(written, remote);
}

function resolveLocal(written: Written, local: string): LocalForwardSpec | undefined {
  const { forward, path, read } = written;
  const bind = read(`${path}.local`, () => resolveOwnBind(local, forward.allowLan ?? false));
  const to = resolveTo(written, parseDestination, 'a local forward needs "to": host:port, or a socket\'s path on the server');
  return (
    bind && to && { kind: "local", bind, to, health: resolveHealth(usualHealth(written)), hasOfflinePage: forward.offlinePage ?? true }
  );
}

function resolveRemote(written: Written, remote: string): RemoteForwardSpec | undefined {
  const { path, read } = written;
  const isFine = refuseKeys(written, "remote", {
    allowLan: "who may come in at the server is for its sshd to say",
    offlinePage: "only a local forward has an offline page",
    optional: "only a local forward is looked behind before it opens",
  });
  const bind = read(`${path}.remote`, () => parseRemoteBind(remote));
  const to = resolveTo(written, (text) => ownEndpoint(parseOwnDestination(text)), noRemoteSocks);
  return isFine && bind && to ? { kind: "remote", bind, to, health: resolveHealth(usualHealth(written)) } : undefined;
}

/** Behind a SOCKS proxy there is no one service that could be asked: a tunnel's own check lends it its pace only. */
function resolveDynamic(written: Written, dynamic: string): DynamicForwardSpec | undefined {
  const { forward, path, read } = written;
  const isFine = refuseKeys(written, "dynamic", {
    to: "a dynamic forward leads where each client asks",
    offlinePage: "only a local forward has an offline page",
    optional: "only a local forward is looked behind before it opens",
  });
  const bind = read(`${path}.dynamic`, () => resolveOwnBind(dynamic, forward.allowLan ?? false));
  const hasService = forward.health !== undefined && !("tcp" in forward.health);
  if (hasService) return refuse(read, `${path}.health`, 'a dynamic forward has no service of its own to ask; only "tcp" is possible');
  const { everyMs, timeoutMs } = resolveHealth(usualHealth(written));
  return isFine && bind ? { kind: "dynamic", bind, health: { check: { kind: "tcp" }, everyMs, timeoutMs } } : undefined;
}

function resolveOwnBind(text: string, allowLan: boolean): Endpoint {
  return ownEndpoint(parseLocalBind(text, allowLan));
}

function resolveTo<T>({ forward: { to }, path, read }: Written, parse: (text: string) => T, missing: string): T | undefined {
  return read(`${path}.to`, () => {
    if (to === undefined) throw new Failure("forward-invalid", missing, missing === noRemoteSocks ? { hint: remoteSocksHint } : {});
    return parse(to);
  });
}

/** A path of this machine, as the system wants it. */
function ownEndpoint(endpoint: Endpoint): Endpoint {
  return isSocketPath(endpoint) ? checkSocketPath({ path: expandHome(endpoint.path) }) : endpoint;
}

/** Tells of each of these keys that is there and means nothing to this kind of forward. */
function refuseKeys({ forward, path, read }: Written, kind: string, keys: Partial<Record<keyof ForwardEntry, string>>): boolean {
  const found = Object.entries(keys).filter(([key]) => forward[key as keyof ForwardEntry] !== undefined);
  for (const [key, why] of found) refuse(read, `${path}.${key}`, `has no place in a ${kind} forward: ${why}`);
  return found.length === 0;
}

function refuse(read: Reader, path: string, why: string): undefined {
  read(path, () => {
    throw new Failure("forward-invalid", why);
  });
  return undefined;
}

function usualHealth({ tunnel, forward }: Written): HealthEntry {
  return (
    forward.health ?? tunnel.health ?? (tunnel.preset === "openclaw" && forward.local !== undefined ? { openclaw: true } : { tcp: true })
  );
}

function resolveHealth(entry: HealthEntry): HealthSpec {
  return {
    check: healthCheck(entry),
    everyMs: entry.everyMs ?? ("openclaw" in entry ? gatewayEveryMs : healthDefaults.everyMs),
    timeoutMs: entry.timeoutMs ?? healthDefaults.timeoutMs,
  };
}

function healthCheck(entry: HealthEntry): HealthCheck {
  if ("http" in entry) return { kind: "http", path: entry.http, status: entry.status ?? null };
  return "openclaw" in entry ? { kind: "openclaw", deep: entry.deep ? resolveDeep(entry.deep) : null } : { kind: "tcp" };
}

function resolveDeep({ tokenEnv, tokenFile, everyMs = deepEveryMs }: DeepEntry): DeepSpec {
  if (tokenEnv !== undefined) return { token: { kind: "env", name: tokenEnv }, everyMs };
  if (tokenFile !== undefined) return { token: { kind: "file", path: expandHome(tokenFile) }, everyMs };
  return { token: { kind: "keyring" }, everyMs };
}
