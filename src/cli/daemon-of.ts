import { DaemonClient } from "../api/client.js";
import type { Paths } from "../config/paths.js";

/**
 * The daemon of a home. A service may have no XDG_RUNTIME_DIR where this shell has one, or have one where cron has none: then the
 * daemon's lock says where it listens.
 */
export function daemonOf({ controlEndpoint, lockFile }: Pick<Paths, "controlEndpoint" | "lockFile">): DaemonClient {
  return new DaemonClient(controlEndpoint, {
    otherEndpoint: async () => (await import("../daemon/lock/lock-holder.js")).livingHolder(lockFile)?.endpoint ?? undefined,
  });
}
