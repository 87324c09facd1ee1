import { isoTime } from "../base/clock.js";
import type { Forward } from "../forward/forward.js";
import { type DeepSeen, seen } from "../health/openclaw/gateway-seen.js";
import type { CheckedHealth } from "./forward-report.js";
import type { GatewayStatus } from "./status.js";

/** The gateway behind the first forward that is asked as one; unknown until it was asked. */
export function reportGateway(listeners: readonly Forward[], checks: ReadonlyMap<Forward, CheckedHealth>): GatewayStatus | null {
  const listener = listeners.find(({ spec }) => spec.health.check.kind === "openclaw");
  if (listener === undefined) return null;
  const { version, startedAtMs, state, deep } = checks.get(listener)?.result.gateway ?? seen("unknown");
  return { version, startedAt: startedAtMs === null ? null : isoTime(startedAtMs), state, deep: deep && reportDeep(deep) };
}

function reportDeep({ state, detail, checkedAtMs, protocol }: DeepSeen): GatewayStatus["deep"] {
  return { state, detail, checkedAt: checkedAtMs === null ? null : isoTime(checkedAtMs), protocol };
}
