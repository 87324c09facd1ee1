import { DaemonClient } from "../../api/client.js";
import type { StatusReport } from "../../api/contract.js";
import { sleep } from "../../base/abort.js";
import { Failure } from "../../base/failure.js";
import { isProcessAlive, processStartTicks } from "../../base/process-identity.js";
import type { DaemonLink } from "../../service/perform.js";
import type { DaemonSnapshot } from "../../service/prove.js";

/** A daemon closes its tunnels within two seconds, and kills what hangs. */
const endMaxMs = 10_000;
const lookEveryMs = 20;

export interface ServiceDaemon extends DaemonLink {
  /** With the tunnels that are verified. Undefined when nobody answers. */
  snapshot(): Promise<DaemonSnapshot | undefined>;
}

/** The daemon over its control socket, which may be at any of `endpoints`: a service and a shell do not always agree on that. */
export function daemonLink(clients: readonly DaemonClient[]): ServiceDaemon {
  const { signal } = new AbortController();
  return {
    ask: async () => {
      const [, report] = (await firstAnswer(clients)) ?? [];
      return report && answerOf(report);
    },
    snapshot: async () => {
      const [, report] = (await firstAnswer(clients)) ?? [];
      const verified = report?.tunnels.filter(({ health }) => health === "verified").map(({ name }) => name);
      return report && { ...answerOf(report), verified: verified ?? [] };
    },
    end: async () => {
      const [client, report] = (await firstAnswer(clients)) ?? [];
      if (client === undefined || report === undefined) return;
      const { pid } = report.daemon;
      await client.shutdown().catch(ignoreNobody);
      const deadlineMs = performance.now() + endMaxMs;
      while (isRunning(pid)) {
        if (performance.now() > deadlineMs)
          throw new Failure("daemon-unresponsive", `the daemon (pid ${pid}) was asked to end, and runs ${endMaxMs / 1000} s later`);
        await sleep(lookEveryMs, signal);
      }
    },
    start: async () => {
      const { launchDaemon } = await import("../../daemon/launch.js");
      await launchDaemon();
    },
  };
}

/** And where the daemon that holds the lock listens: a shell with another XDG_RUNTIME_DIR may have started it. */
export function clientsOf(endpoints: readonly string[], lockFile: string): DaemonClient[] {
  const otherEndpoint = async () => (await import("../../daemon/lock-holder.js")).livingHolder(lockFile)?.endpoint ?? undefined;
  return [...new Set(endpoints)].map((endpoint) => new DaemonClient(endpoint, { otherEndpoint }));
}

async function firstAnswer(clients: readonly DaemonClient[]): Promise<[DaemonClient, StatusReport] | undefined> {
  for (const client of clients) {
    const report = await client.status().catch(ignoreNobody);
    if (report !== undefined) return [client, report];
  }
  return undefined;
}

function answerOf({ daemon: { pid, version, service } }: StatusReport) {
  return { pid, version, service };
}

/** One that does not answer in time is, for what is done here, no daemon. */
function ignoreNobody(error: unknown): undefined {
  if (error instanceof Failure && (error.code === "daemon-not-running" || error.code === "daemon-unresponsive")) return undefined;
  throw error;
}

/** One that has ended and that nobody has waited for has no start any more. */
function isRunning(pid: number): boolean {
  return isProcessAlive(pid) && (process.platform !== "linux" || processStartTicks(pid) !== null);
}
