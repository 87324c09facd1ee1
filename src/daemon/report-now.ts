import { sleep } from "../base/abort.js";
import type { TunnelStatus } from "../tunnel/status.js";
import type { ManagedTunnel } from "./managed-tunnel.js";

/** What a far server's answer may take, before `status` says that there is none yet. */
const confirmMaxMs = 1_000;

/**
 * Every tunnel as it is now: sessions that stand are asked first, have a moment for their answer, and are not verified without it.
 * `tunnels` is asked twice: some come and go meanwhile.
 */
export async function reportNow(tunnels: () => Iterable<ManagedTunnel>): Promise<TunnelStatus[]> {
  const moment = new AbortController();
  const all = [...tunnels()];
  const awaited = new Set(all);
  const asked = all.map((managed) => managed.runner.confirm().then(() => awaited.delete(managed)));
  await Promise.race([Promise.all(asked), sleep(confirmMaxMs, moment.signal)]);
  moment.abort();
  return [...tunnels()].map((managed) => managed.report(awaited.has(managed)));
}
