import { formatEndpoint, isSocketPath } from "../base/address.js";
import { isoTime } from "../base/clock.js";
import { formatDestination, isNamed } from "../config/destination.js";
import type { Forward } from "../forward/forward.js";
import type { HealthResult } from "../health/result.js";
import type { SshSession } from "../ssh/session.js";
import type { ForwardStatus } from "./status.js";

/** What the last check of a forward found, and when. Gone with the session it was found through. */
export interface CheckedHealth {
  readonly result: HealthResult;
  readonly atMs: number;
  /** Since when it has been found so. */
  readonly sinceMs: number;
}

export function reportForward(forward: Forward, checked: CheckedHealth | undefined, session: SshSession | undefined): ForwardStatus {
  const { spec, counters } = forward;
  const resolved = spec.kind === "local" && isNamed(spec.to) ? session?.resolved?.(spec.to) : undefined;
  const warnings = [...forward.warnings, ...(resolved?.warning ? [resolved.warning] : [])];
  const { open, total, waiting, bytesIn, bytesOut } = counters;
  return {
    kind: spec.kind,
    bind: formatEndpoint(forward.bind),
    wantedBind: formatEndpoint(spec.bind),
    to: spec.kind === "dynamic" ? null : formatDestination(spec.to),
    resolvedTo: resolved === undefined ? null : formatEndpoint(resolved.endpoint),
    url: urlOf(forward),
    listening: forward.isOpen,
    optional: false,
    warning: warnings.length === 0 ? null : warnings.join("; "),
    health: {
      state: checked?.result.state ?? "unknown",
      detail: checked?.result.detail ?? null,
      checkedAt: checked === undefined ? null : isoTime(checked.atMs),
    },
    connections: { open, total, waiting },
    bytesIn,
    bytesOut,
  };
}

interface OptionalState {
  readonly forward: Forward;
  readonly isFound: boolean;
}

/** It is not asked for its health: whether something was ever behind it is all that is known. */
export function reportOptional({ forward, isFound }: OptionalState, session: SshSession | undefined): ForwardStatus {
  const isBusy = isFound && !forward.isOpen;
  const detail = forward.isOpen ? "in use" : isBusy ? `not in use: ${formatEndpoint(forward.bind)} is taken here` : "not in use";
  return { ...reportForward(forward, undefined, session), optional: true, health: { state: "unknown", detail, checkedAt: null } };
}

function urlOf({ spec, bind }: Forward): string {
  const where = formatEndpoint(bind);
  if (isSocketPath(bind)) return where;
  if (spec.kind === "dynamic") return `socks5://${where}`;
  return spec.kind === "remote" || spec.health.check.kind === "tcp" ? where : `http://${where}`;
}
