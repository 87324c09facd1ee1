import { formatEndpoint, isSocketPath } from "../base/address.js";
import { isoTime } from "../base/clock.js";
import type { FailureCode } from "../base/failure-catalogue.js";
import type { Forward } from "../forward/forward.js";
import type { HealthResult } from "../health/result.js";
import type { ForwardStatus } from "./status.js";

/** What the last check of a forward found, and when. Gone with the session it was found through. */
export interface CheckedHealth {
  readonly result: HealthResult;
  readonly atMs: number;
  /** Since when it has been found so. */
  readonly sinceMs: number;
}

export function reportForward(forward: Forward, checked: CheckedHealth | undefined): ForwardStatus {
  const { spec, counters, warnings } = forward;
  const { open, total, waiting, bytesIn, bytesOut } = counters;
  return {
    kind: spec.kind,
    bind: formatEndpoint(forward.bind),
    wantedBind: formatEndpoint(spec.bind),
    to: spec.kind === "dynamic" ? null : formatEndpoint(spec.to),
    url: urlOf(forward),
    listening: forward.isOpen,
    warning: warnings.length === 0 ? null : warnings.join("; "),
    service: spec.health.check.kind,
    health: {
      state: checked?.result.state ?? "unknown",
      detail: checked?.result.detail ?? null,
      code: checked === undefined ? null : codeOf(checked.result),
      checkedAt: checked === undefined ? null : isoTime(checked.atMs),
    },
    connections: { open, total, waiting },
    bytesIn,
    bytesOut,
  };
}

export function codeOf(result: HealthResult): FailureCode | null {
  return result.state === "failing" ? result.failure.code : null;
}

function urlOf({ spec, bind }: Forward): string {
  const where = formatEndpoint(bind);
  if (isSocketPath(bind)) return where;
  if (spec.kind === "dynamic") return `socks5://${where}`;
  return spec.kind === "remote" || spec.health.check.kind === "tcp" ? where : `http://${where}`;
}
