import { deadlineSignal } from "../base/abort.js";
import { Failure } from "../base/failure.js";
import type { TunnelStatus } from "../tunnel/status.js";
import type { CliContext } from "./define-command.js";

/** A timer of Node takes no more; 24 days are for ever here. */
const longestTimerMs = 2 ** 31 - 1;

/** Whether a tunnel has come to something that waiting does not change soon. */
export function isSettled({ phase, health }: TunnelStatus): boolean {
  return phase === "held" || phase === "stopped" || health === "verified" || health === "degraded";
}

/** Throws `tunnel-unknown` for the first name that no tunnel has: before anything is done to the others. */
export function refuseUnknown(names: readonly string[], tunnels: readonly TunnelStatus[]): void {
  const unknown = names.find((name) => !tunnels.some((tunnel) => tunnel.name === name));
  if (unknown !== undefined) throw new Failure("tunnel-unknown", `there is no tunnel named "${unknown}"`);
}

/**
 * Watches the named tunnels until `isDone` holds for each, or `timeoutMs` has passed, and returns them as they then are.
 * `onChange` sees every change on the way, and ends the watch when it says that this one is enough.
 */
export async function followTunnels(
  { daemon, signal }: CliContext,
  names: readonly string[],
  timeoutMs: number,
  isDone: (tunnel: TunnelStatus) => boolean,
  onChange: (tunnel: TunnelStatus) => boolean = () => false,
): Promise<TunnelStatus[]> {
  if (names.length === 0) return [];
  const latest = new Map<string, TunnelStatus>();
  const deadline = deadlineSignal(Math.round(Math.min(Math.max(0, timeoutMs), longestTimerMs)), signal);
  try {
    for await (const { tunnel } of daemon.events(deadline.signal)) {
      if (!names.includes(tunnel.name)) continue;
      latest.set(tunnel.name, tunnel);
      if (onChange(tunnel)) break;
      if (names.every((name) => latest.has(name)) && [...latest.values()].every(isDone)) break;
    }
  } finally {
    deadline.end();
  }
  const { tunnels } = await daemon.status();
  return tunnels.filter(({ name }) => names.includes(name));
}
