import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import type { Address } from "../base/address.js";
import { asFailure, Failure } from "../base/failure.js";
import { healthDefaults, openclawPort, timingDefaults } from "./defaults.js";
import { checkBindHost, parseBindAddress, parseDestination } from "./forward-spec.js";
import type { ConfigFile, ForwardEntry, HealthEntry, TunnelEntry } from "./schema.js";
import { parseTarget, type Target } from "./target.js";
import type { ForwardSpec, HealthCheck, HealthSpec, TunnelSpec } from "./tunnel-spec.js";

type Defaults = NonNullable<ConfigFile["defaults"]>;

/** What is wrong inside one tunnel, at `path` within it. */
export interface TunnelProblem {
  readonly path: string;
  readonly failure: Failure;
}

export type ResolvedTunnel =
  | { readonly spec: TunnelSpec; readonly problems: readonly [] }
  | { readonly problems: readonly TunnelProblem[] };

/** One tunnel of the file with the file's `defaults`, its preset and our own defaults filled in; or all that is wrong with it. */
export function resolveTunnel(name: string, entry: TunnelEntry, defaults: Defaults = {}): ResolvedTunnel {
  const problems: TunnelProblem[] = [];
  const read = <T>(path: string, parse: () => T): T | undefined => {
    try {
      return parse();
    } catch (error) {
      problems.push({ path, failure: asFailure(error) });
      return undefined;
    }
  };
  const target = read("target", () => parseTarget(entry.target));
  const forwards = forwardEntries(entry).map((forward, index) => resolveForward(entry, forward, `forwards[${index}]`, read));
  if (forwards.length === 0) problems.push({ path: "forwards", failure: new Failure("forward-invalid", "the tunnel has no forward") });
  if (target === undefined || problems.length > 0) return { problems };
  return {
    spec: assemble(
      name,
      entry,
      defaults,
      target,
      forwards.flatMap((forward) => forward ?? []),
    ),
    problems: [],
  };
}

function assemble(name: string, entry: TunnelEntry, defaults: Defaults, target: Target, forwards: ForwardSpec[]): TunnelSpec {
  const timing = { ...timingDefaults, ...defaults, ...entry };
  const backoff = { ...timingDefaults.backoff, ...defaults.backoff, ...entry.backoff };
  return {
    name,
    login: {
      target,
      engine: entry.engine ?? "auto",
      configFile: entry.sshConfig === undefined ? null : entry.sshConfig === "none" ? "none" : expandHome(entry.sshConfig),
      jump: entry.jump ?? [],
      identities: (entry.identities ?? []).map(expandHome),
      options: [
        ...fileOption("UserKnownHostsFile", entry.knownHosts),
        ...fileOption("GlobalKnownHostsFile", entry.globalKnownHosts),
        ...(entry.sshOptions ?? []),
      ],
      connectTimeoutMs: entry.connectTimeoutMs ?? defaults.connectTimeoutMs ?? null,
      usesKeyring: entry.keyring ?? false,
    },
    forwards,
    keepalive: {
      intervalMs: entry.keepaliveIntervalMs ?? defaults.keepaliveIntervalMs ?? null,
      countMax: entry.keepaliveCountMax ?? defaults.keepaliveCountMax ?? null,
      replyTimeoutMs: timing.keepaliveReplyTimeoutMs,
    },
    backoff: { ...backoff, maxDelayMs: Math.max(backoff.maxDelayMs, backoff.firstDelayMs) },
    waitForTunnelMs: timing.waitForTunnelMs,
    waitingConnectionsMax: timing.waitingConnectionsMax,
    onPortBusy: timing.onPortBusy,
  };
}

type Reader = <T>(path: string, parse: () => T) => T | undefined;

function resolveForward(entry: TunnelEntry, forward: ForwardEntry, path: string, read: Reader): ForwardSpec | undefined {
  if (forward.local === undefined || forward.to === undefined) {
    read(path, () => {
      throw new Failure("forward-invalid", "only local forwards, with local and to, can be opened yet");
    });
    return undefined;
  }
  const { local, to: written } = forward;
  const bind = read(`${path}.local`, () => resolveBind(local, forward.allowLan ?? false));
  const to = read(`${path}.to`, () => parseDestination(written));
  const usualHealth: HealthEntry = entry.health ?? (entry.preset === "openclaw" ? { openclaw: true } : { tcp: true });
  const hasOfflinePage = forward.offlinePage ?? true;
  return bind && to && { bind, to, health: resolveHealth(forward.health ?? usualHealth), hasOfflinePage };
}

function resolveBind(local: string, allowLan: boolean): Address {
  const bind = parseBindAddress(local);
  return { ...bind, host: checkBindHost(bind.host, allowLan) };
}

export function forwardEntries(entry: TunnelEntry): readonly ForwardEntry[] {
  if (entry.forwards !== undefined) return entry.forwards;
  const both = `127.0.0.1:${openclawPort}`;
  return entry.preset === "openclaw" ? [{ local: both, to: both }] : [];
}

function resolveHealth(entry: HealthEntry): HealthSpec {
  return {
    check: healthCheck(entry),
    everyMs: entry.everyMs ?? healthDefaults.everyMs,
    timeoutMs: entry.timeoutMs ?? healthDefaults.timeoutMs,
  };
}

function healthCheck(entry: HealthEntry): HealthCheck {
  if ("http" in entry) return { kind: "http", path: entry.http, status: entry.status ?? null };
  return "openclaw" in entry ? { kind: "openclaw" } : { kind: "tcp" };
}

/** `~/` as the home folder; a relative path is meant from the home folder too, because a daemon has no other place. */
export function expandHome(path: string): string {
  if (/^~($|[\\/])/.test(path)) return join(homedir(), path.slice(1));
  return isAbsolute(path) ? path : resolve(homedir(), path);
}

/** In quotes, because ssh_config takes several files with blanks between. An empty list is `none`. */
function fileOption(key: string, paths: readonly string[] | undefined): string[] {
  if (paths === undefined) return [];
  return [`${key}=${paths.length === 0 ? "none" : paths.map((path) => `"${expandHome(path)}"`).join(" ")}`];
}
