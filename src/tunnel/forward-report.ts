import { formatAddress, isLoopback } from "../base/address.js";
import { isoTime } from "../base/clock.js";
import type { ForwardListener } from "../forward/listener.js";
import type { HealthResult } from "../health/result.js";
import type { ForwardStatus } from "./status.js";

/** What the last check of a forward found, and when. Gone with the session it was found through. */
export interface CheckedHealth {
  readonly result: HealthResult;
  readonly atMs: number;
  /** Since when it has been found so. */
  readonly sinceMs: number;
}

export function reportForward(listener: ForwardListener, checked: CheckedHealth | undefined): ForwardStatus {
  const { to, health } = listener.spec;
  const { open, total, waiting, bytesIn, bytesOut } = listener.counters;
  const address = formatAddress(listener.bind);
  return {
    kind: "local",
    bind: address,
    wantedBind: formatAddress(listener.spec.bind),
    to: formatAddress(to),
    url: health.check.kind === "tcp" ? address : `http://${address}`,
    listening: listener.isOpen,
    warning: warningOf(listener),
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

function warningOf({ bind, displacedBy, twinFailure }: ForwardListener): string | null {
  const warnings = [
    isLoopback(bind.host) ? undefined : `${formatAddress(bind)} is open to other machines (allowLan)`,
    displacedBy && `${displacedBy.message}; this forward is at ${formatAddress(bind)} meanwhile`,
    twinFailure && `${twinFailure.message}; a browser's "localhost" may go there`,
  ].filter((warning) => warning !== undefined);
  return warnings.length === 0 ? null : warnings.join("; ");
}
