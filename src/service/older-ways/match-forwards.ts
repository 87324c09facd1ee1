import { isDeepStrictEqual } from "node:util";
import { type Endpoint, isLoopback, isSocketPath } from "../../base/address.js";
import { asFailure } from "../../base/failure.js";
import { bindsCollide } from "../../config/binds.js";
import { type Destination, isNamed } from "../../config/destination.js";
import { resolveForward } from "../../config/resolve-forward.js";
import type { ForwardEntry, TunnelEntry } from "../../config/schema.js";
import type { ForwardSpec, TunnelSpec } from "../../config/tunnel-spec.js";
import { canonicalHost } from "../../forward/port-owner/very-forward.js";
import { isOfSystem, type OlderWay } from "./older-way.js";
import { isSameServer, type Servers } from "./same-server.js";

/** `same`: ours is that very forward. `sameBind`: ours wants its address for something else, and only one of them can have it. */
export type ForwardVerdict = "same" | "sameBind" | "other";

export interface MatchedForward {
  readonly forward: ForwardEntry;
  readonly verdict: ForwardVerdict;
  /** Which of our tunnels it is; null for `other`. */
  readonly tunnel: string | null;
}

export interface MatchedWay {
  readonly way: OlderWay;
  readonly forwards: readonly MatchedForward[];
  /**
   * `replaceable`: all that it does our tunnels do. `partly`: some of it. `fights`: it has an address of ours and leads elsewhere.
   * `other`: none of our tunnels has to do with it.
   */
  readonly verdict: "replaceable" | "partly" | "fights" | "other";
}

type Tunnels = ReadonlyMap<string, TunnelSpec>;

/** What each older way is to our tunnels. Pure; `servers` says which targets are one server, as far as ssh was asked. */
export function matchWays(ways: readonly OlderWay[], tunnels: Tunnels, servers: Servers = new Map()): MatchedWay[] {
  return ways.map((way) => {
    const forwards = way.tunnels.flatMap(({ entry }) =>
      (entry.forwards ?? []).map((forward) => matchForward(entry, forward, tunnels, servers)),
    );
    return { way, forwards, verdict: verdictOf(way, forwards) };
  });
}

/** Those that our tunnels make needless, and that this user can turn off: with nothing lost. */
export function olderWaysToReplace(matched: readonly MatchedWay[]): MatchedWay[] {
  return matched.filter(({ way, verdict }) => verdict === "replaceable" && !isOfSystem(way));
}

function verdictOf({ loses }: OlderWay, forwards: readonly MatchedForward[]): MatchedWay["verdict"] {
  const has = (wanted: ForwardVerdict) => forwards.some(({ verdict }) => verdict === wanted);
  if (!has("same")) return has("sameBind") ? "fights" : "other";
  return loses.length === 0 && !has("sameBind") && !has("other") ? "replaceable" : "partly";
}

function matchForward(entry: TunnelEntry, forward: ForwardEntry, tunnels: Tunnels, servers: Servers): MatchedForward {
  const theirs = readForward(entry, forward);
  const found = (verdict: ForwardVerdict, tunnel: string | null): MatchedForward => ({ forward, verdict, tunnel });
  if (theirs === undefined) return found("other", null);
  const all = [...tunnels].flatMap(([name, tunnel]) =>
    tunnel.forwards.map((ours) => ({ name, tunnel, ours, isThere: isSameServer(entry, tunnel, servers) })),
  );
  const same = all.find(({ ours, isThere }) => isThere && isSameForward(theirs, ours));
  if (same !== undefined) return found("same", same.name);
  const busy = all.find(({ ours, isThere }) => {
    const isRemote = theirs.kind === "remote";
    return isRemote === (ours.kind === "remote") && (isThere || !isRemote) && bindsCollide(theirs.bind, ours.bind);
  });
  return busy === undefined ? found("other", null) : found("sameBind", busy.name);
}

/** As our config reads it; a bind for other machines is read as one. Undefined for what it does not take. */
function readForward(entry: TunnelEntry, forward: ForwardEntry): ForwardSpec | undefined {
  const read = <T>(_: string, parse: () => T): T | undefined => {
    try {
      return parse();
    } catch (error) {
      // Only a bug of ours is no reason to leave it out.
      if (asFailure(error).code === "internal") throw error;
      return undefined;
    }
  };
  return resolveForward(entry, forward.remote === undefined ? { ...forward, allowLan: true } : forward, "", read);
}

function isSameForward(theirs: ForwardSpec, ours: ForwardSpec): boolean {
  if (theirs.kind !== ours.kind || !isCovered(theirs.bind, ours.bind)) return false;
  return theirs.kind === "dynamic" || ours.kind === "dynamic" || isSameDestination(theirs.to, ours.to);
}

/** Whether whoever reaches theirs reaches ours: this machine alone is within every address of it, and not the other way round. */
function isCovered(theirs: Endpoint, ours: Endpoint): boolean {
  if (isSocketPath(theirs) || isSocketPath(ours)) return isSameEnd(theirs, ours);
  const isEvery = ours.host === "0.0.0.0" || ours.host === "::" || ours.host === "*";
  const isSameHost =
    canonicalHost(theirs.host) === canonicalHost(ours.host) || (isLoopback(theirs.host) && (isLoopback(ours.host) || isEvery));
  return theirs.port === ours.port && isSameHost;
}

function isSameDestination(one: Destination, other: Destination): boolean {
  return isNamed(one) || isNamed(other) ? isDeepStrictEqual(one, other) : isSameEnd(one, other);
}

function isSameEnd(one: Endpoint, other: Endpoint): boolean {
  if (isSocketPath(one) || isSocketPath(other)) return isSocketPath(one) && isSocketPath(other) && one.path === other.path;
  return one.port === other.port && canonicalHost(one.host) === canonicalHost(other.host);
}
