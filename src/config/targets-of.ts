import type { TunnelEntry } from "./schema.js";
import type { Target } from "./target.js";
import type { TunnelSpec } from "./tunnel-spec.js";

/** Every target of a tunnel, the preferred one first. */
export function targetsOf({ login, fallbackTargets }: Pick<TunnelSpec, "login" | "fallbackTargets">): readonly [Target, ...Target[]] {
  return [login.target, ...fallbackTargets];
}

/** The preferred target as the user wrote it; empty where none is. */
export function writtenTarget({ target, targets }: Pick<TunnelEntry, "target" | "targets">): string {
  return target ?? targets?.[0] ?? "";
}
