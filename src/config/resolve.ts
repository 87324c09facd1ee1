import { isLoopback, isSocketPath } from "../base/address.js";
import { asFailure, type Failure } from "../base/failure.js";
import { timingDefaults } from "./defaults.js";
import { type Destination, isNamed } from "./destination.js";
import { expandHome } from "./expand-home.js";
import { gatewayKeyProblems, profileOf } from "./gateway-preset.js";
import { resolveForwards } from "./resolve-forward.js";
import { resolveTargets } from "./resolve-targets.js";
import type { ConfigFile, TunnelEntry } from "./schema.js";
import type { Target } from "./target.js";
import type { ForwardSpec, TunnelSpec } from "./tunnel-spec.js";

type Forwards = Pick<TunnelSpec, "forwards" | "optionalForwards">;
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
  const [target, ...fallbackTargets] = resolveTargets(entry, read);
  const forwards = resolveForwards(entry, read);
  problems.push(...gatewayKeyProblems(entry));
  if (target === undefined || problems.length > 0) return { problems };
  return {
    spec: { ...assemble(name, entry, defaults, target, forwards), fallbackTargets },
    problems: [],
  };
}

function assemble(
  name: string,
  entry: TunnelEntry,
  defaults: Defaults,
  target: Target,
  forwards: Forwards,
): Omit<TunnelSpec, "fallbackTargets"> {
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
    ...forwards,
    gatewayProfile: profileOf(entry),
    keepalive: {
      intervalMs: entry.keepaliveIntervalMs ?? defaults.keepaliveIntervalMs ?? null,
      countMax: entry.keepaliveCountMax ?? defaults.keepaliveCountMax ?? null,
      replyTimeoutMs: timing.keepaliveReplyTimeoutMs,
    },
    backoff: { ...backoff, maxDelayMs: Math.max(backoff.maxDelayMs, backoff.firstDelayMs) },
    waitForTunnelMs: timing.waitForTunnelMs,
    waitingConnectionsMax: timing.waitingConnectionsMax,
    onPortBusy: timing.onPortBusy,
    auditSchedule: auditScheduleOf(forwards.forwards, timing.audit?.schedule),
  };
}

/** What is not on the server's own loopback is not its own to show. */
function auditScheduleOf(forwards: readonly ForwardSpec[], wanted: string | undefined): string {
  const own = forwards.filter((forward) => forward.kind === "local" && isServersOwn(forward.to));
  if (own.length === 0) return "off";
  return wanted ?? (own.some(({ health }) => health.check.kind === "openclaw") ? "weekly" : "off");
}

function isServersOwn(to: Destination): boolean {
  return isNamed(to) ? "profile" in to : !isSocketPath(to) && isLoopback(to.host);
}

/** In quotes, because ssh_config takes several files with blanks between. An empty list is `none`. */
function fileOption(key: string, paths: readonly string[] | undefined): string[] {
  if (paths === undefined) return [];
  return [`${key}=${paths.length === 0 ? "none" : paths.map((path) => `"${expandHome(path)}"`).join(" ")}`];
}
