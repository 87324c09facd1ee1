import { readFileSync } from "node:fs";
import { isManagerName, type ManagerName } from "../../base/manager-name.js";
import { bootId, isProcessAlive, processStartTicks } from "../../base/process-identity.js";

/** What a lock says of the daemon that took it. */
export interface Holder {
  readonly pid: number;
  readonly startTicks: string | null;
  /** Which boot of the machine `startTicks` counts from. */
  readonly bootId: string | null;
  /** Of this one life of a daemon. */
  readonly nonce: string;
  /** Where its control API listens; a shell's environment may name another place than a service's. Null in the lock of an older daemon. */
  readonly endpoint: string | null;
  readonly service: ManagerName | "none";
}

/** The daemon that runs now, as it would write itself down. */
export function thisHolder(nonce: string, endpoint: string | null, service: Holder["service"]): Holder {
  return { pid: process.pid, startTicks: processStartTicks(process.pid), bootId: bootId(), nonce, endpoint, service };
}

/**
 * `unsure`: a process has its pid, but may be another program: after a reboot, and where nobody says when a process started, as on
 * macOS and Windows. Only its endpoint can tell then.
 */
export function stateOf(holder: Holder): "alive" | "gone" | "unsure" {
  if (holder.pid === process.pid || !isProcessAlive(holder.pid)) return "gone";
  if (holder.startTicks === null) return "unsure";
  if (processStartTicks(holder.pid) !== holder.startTicks) return "gone";
  return holder.bootId === null || holder.bootId === bootId() ? "alive" : "unsure";
}

/** Whoever holds the lock, dead or alive; undefined where there is none, or none that can be understood. */
export function readHolder(path: string): Holder | undefined {
  try {
    const value = JSON.parse(readFileSync(path, "utf8")) as Partial<Holder> | null;
    if (typeof value?.pid !== "number" || typeof value.nonce !== "string") return undefined;
    const { pid, nonce, startTicks = null, bootId: boot = null, endpoint, service } = value;
    return {
      pid,
      nonce,
      startTicks,
      bootId: boot,
      endpoint: typeof endpoint === "string" ? endpoint : null,
      service: isManagerName(service) ? service : "none",
    };
  } catch {
    return undefined;
  }
}

/** The holder of the lock, unless it is gone for certain. */
export function livingHolder(path: string): Holder | undefined {
  const holder = readHolder(path);
  return holder === undefined || stateOf(holder) === "gone" ? undefined : holder;
}
