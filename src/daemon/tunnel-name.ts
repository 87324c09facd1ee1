import { isDeepStrictEqual } from "node:util";
import { Failure } from "../base/failure.js";
import { type TunnelEntry, tunnelNamePattern } from "../config/schema.js";
import type { Target } from "../config/target.js";

/** The name for a tunnel: the one asked for, or one made from the preset or the host. The same tunnel keeps its name. */
export function chooseName(
  wanted: string | undefined,
  entry: TunnelEntry,
  target: Target,
  taken: ReadonlyMap<string, TunnelEntry>,
): string {
  const isFree = (name: string) => !taken.has(name) || isSameTunnel(taken.get(name), entry);
  if (wanted !== undefined) {
    if (!tunnelNamePattern.test(wanted)) throw new Failure("name-invalid", `"${wanted}" cannot be a tunnel's name`);
    if (!isFree(wanted)) throw new Failure("name-taken", `there is another tunnel named "${wanted}"`);
    return wanted;
  }
  const same = [...taken].find(([, other]) => isSameTunnel(other, entry));
  if (same !== undefined) return same[0];
  const fromHost = target.host
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, "-")
    .replace(/^[^a-z0-9]+/, "");
  // A host may be longer than a name, which has 63 letters at most; the rest is room for the number.
  const base = entry.preset ?? (fromHost.slice(0, 56) || "tunnel");
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? base : `${base}-${count}`;
    if (tunnelNamePattern.test(name) && isFree(name)) return name;
  }
}

/** Which OpenClaw uses a tunnel says nothing of where it leads: it is told to one that stands. */
function isSameTunnel(one: TunnelEntry | undefined, other: TunnelEntry): boolean {
  const { configureClient: _, ...described } = { ...one };
  return isDeepStrictEqual(described, other);
}
