import type { StatusReport } from "../api/contract.js";
import { sleep } from "../base/abort.js";
import { Failure } from "../base/failure.js";
import type { CliContext } from "./define-command.js";
import { tellOlder } from "./tell-older.js";

const pollMs = 20;
const startMaxMs = 10_000;

/** The daemon's status; starts the daemon when it is not running, through the service if one is installed. */
export async function ensureDaemon(context: CliContext): Promise<StatusReport> {
  const { daemon, output } = context;
  try {
    const report = await daemon.status();
    tellOlder(report.daemon, output);
    return report;
  } catch (error) {
    if (!isNotRunning(error)) throw error;
  }
  if (await isStartedByService(context)) return firstStatus(context);
  const { launchDaemon } = await import("../daemon/launch.js");
  await launchDaemon();
  const report = await firstStatus(context);
  output.talk(`daemon started (pid ${report.daemon.pid})`);
  return report;
}

async function isStartedByService(context: CliContext): Promise<boolean> {
  const { hasDefinition } = await import("../service/definition-place.js");
  if (!hasDefinition(context.paths)) return false;
  const [{ startByService }, { systemMachine }] = await Promise.all([import("./service/by-service.js"), import("./service/machine.js")]);
  return startByService(context, systemMachine(context));
}

/** Of two commands that come at once one starts the daemon, and the other finds its lock taken before it answers. */
async function firstStatus({ daemon, signal }: CliContext): Promise<StatusReport> {
  const deadlineMs = performance.now() + startMaxMs;
  for (;;) {
    try {
      return await daemon.status();
    } catch (error) {
      if (!isNotRunning(error) || performance.now() > deadlineMs || !(await sleep(pollMs, signal))) throw error;
    }
  }
}

function isNotRunning(error: unknown): boolean {
  return error instanceof Failure && error.code === "daemon-not-running";
}
