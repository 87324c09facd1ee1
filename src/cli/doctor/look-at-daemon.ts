import type { StatusReport } from "../../api/contract.js";
import { asFailure, Failure } from "../../base/failure.js";
import { ownVersion } from "../../base/own-package.js";
import type { TunnelStatus } from "../../tunnel/status.js";
import type { CliContext } from "../define-command.js";
import type { DaemonFacts } from "./facts.js";

export interface DaemonLook {
  readonly daemon: DaemonFacts;
  readonly tunnels: readonly TunnelStatus[];
}

/** Never rejects: a daemon that does not answer is a fact. */
export async function lookAtDaemon({ daemon, paths }: Pick<CliContext, "daemon" | "paths">): Promise<DaemonLook> {
  try {
    const { daemon: status, tunnels }: StatusReport = await daemon.status();
    return { daemon: { state: "running", status, ownVersion: ownVersion() }, tunnels };
  } catch (error) {
    const { livingHolder } = await import("../../daemon/lock/lock-holder.js");
    const pid = livingHolder(paths.lockFile)?.pid ?? null;
    const failure = asFailure(error);
    const isDeaf = failure.code === "daemon-not-running" && pid !== null;
    const told = isDeaf ? new Failure("daemon-unresponsive", `a daemon runs, and nobody listens at ${paths.controlEndpoint}`) : failure;
    return { daemon: { state: "silent", failure: told.report(), pid }, tunnels: [] };
  }
}
