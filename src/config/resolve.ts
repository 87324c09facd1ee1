import { asFailure, Failure } from "../base/failure.js";
import { timingDefaults } from "./defaults.js";
import { expandHome } from "./expand-home.js";
import { forwardEntries, type Reader, resolveForward } from "./resolve-forward.js";
import type { ConfigFile, TunnelEntry } from "./schema.js";
import { parseTarget, type Target } from "./target.js";
import type { ForwardSpec, TunnelSpec } from "./tunnel-spec.js";

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
  const targets = resolveTargets(entry, read);
  const forwards = forwardEntries(entry).map((forward, index) => resolveForward(entry, forward, `forwards[${index}]`, read));
  if (forwards.length === 0) problems.push({ path: "forwards", failure: new Failure("forward-invalid", "the tunnel has no forward") });
  const [target, ...fallbackTargets] = targets;
  if (target === undefined || problems.length > 0) return { problems };
  return {
    spec: assemble(
      name,
      entry,
      defaults,
      target,
      fallbackTargets,
      forwards.flatMap((forward) => forward ?? []),
    ),
    problems: [],
  };
}

/** One target, or several of which the first is preferred. */
function resolveTargets({ target, targets }: TunnelEntry, read: Reader): Target[] {
  if ((target === undefined) === (targets === undefined)) {
    const message =
      target === undefined ? 'it needs a "target", or several "targets"' : 'it has both "target" and "targets"; one of them is enough';
    read("target", () => {
      throw new Failure("target-invalid", message, { hint: 'The first of "targets" is the preferred one.' });
    });
    return [];
  }
  const written = targets?.map((each, index) => [`targets[${index}]`, each] as const) ?? [["target", target ?? ""] as const];
  return written.flatMap(([path, each]) => read(path, () => parseTarget(each)) ?? []);
}

function assemble(
  name: string,
  entry: TunnelEntry,
  defaults: Defaults,
  target: Target,
  fallbackTargets: Target[],
  forwards: ForwardSpec[],
): TunnelSpec {
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
    fallbackTargets,
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

/** In quotes, because ssh_config takes several files with blanks between. An empty list is `none`. */
function fileOption(key: string, paths: readonly string[] | undefined): string[] {
  if (paths === undefined) return [];
  return [`${key}=${paths.length === 0 ? "none" : paths.map((path) => `"${expandHome(path)}"`).join(" ")}`];
}
