import type { StatusReport } from "../api/contract.js";
import { Failure } from "../base/failure.js";
import type { CliContext } from "./define-command.js";

/** The daemon's status; starts the daemon when it is not running. */
export async function ensureDaemon({ daemon, output }: CliContext): Promise<StatusReport> {
  try {
    return await daemon.status();
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "daemon-not-running") throw error;
  }
  const { launchDaemon } = await import("../daemon/launch.js");
  await launchDaemon();
  const report = await daemon.status();
  output.talk(`daemon started (pid ${report.daemon.pid})`);
  return report;
}
