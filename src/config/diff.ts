import { isDeepStrictEqual } from "node:util";
import type { TunnelSpec } from "./tunnel-spec.js";

/** What has to move to get from one set of tunnels to another. A tunnel that nobody edited is in none of the lists. */
export interface ConfigDiff {
  readonly added: readonly TunnelSpec[];
  readonly changed: readonly TunnelSpec[];
  readonly removed: readonly string[];
}

export function diffTunnels(running: ReadonlyMap<string, TunnelSpec>, wanted: ReadonlyMap<string, TunnelSpec>): ConfigDiff {
  const all = [...wanted.values()];
  return {
    added: all.filter((spec) => !running.has(spec.name)),
    changed: all.filter((spec) => running.has(spec.name) && !isDeepStrictEqual(running.get(spec.name), spec)),
    removed: [...running.keys()].filter((name) => !wanted.has(name)),
  };
}

/** What of one tunnel an edit has moved: where its session leads, and what it holds on this side. */
export function movedParts(before: TunnelSpec, after: TunnelSpec): { readonly login: boolean; readonly local: boolean } {
  const local = ({ forwards, onPortBusy }: TunnelSpec) => ({ forwards, onPortBusy });
  const way = ({ login, fallbackTargets }: TunnelSpec) => ({ login, fallbackTargets });
  return { login: !isDeepStrictEqual(way(before), way(after)), local: !isDeepStrictEqual(local(before), local(after)) };
}
