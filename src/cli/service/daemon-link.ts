import type { DaemonClient } from "../../api/client.js";
import type { StatusReport } from "../../api/contract.js";
import { sleep } from "../../base/abort.js";
import { Failure } from "../../base/failure.js";
import { hasEnded } from "../../base/process-identity.js";
import type { DaemonLink } from "../../service/flows/perform.js";
import type { DaemonSnapshot } from "../../service/flows/prove.js";
import type { DaemonAnswer } from "../../service/service.js";

/** A daemon closes its tunnels within two seconds, and kills what hangs. */
const endMaxMs = 10_000;
const lookEveryMs = 20;

export interface ServiceDaemon extends DaemonLink {
  /** With the tunnels that are verified. Undefined when nobody answers. */
  snapshot(): Promise<DaemonSnapshot | undefined>;
}

/** The daemon over its control socket. */
export function daemonLink(daemon: DaemonClient): ServiceDaemon {
  const { signal } = new AbortController();
  const askStatus = () => daemon.status().catch(ignoreNobody);
  return {
    ask: async () => {
      const report = await askStatus();
      return report && answerOf(report);
    },
    snapshot: async () => {
      const report = await askStatus();
      return report && { ...answerOf(report), verified: verifiedIn(report) };
    },
    end: async () => {
      const report = await askStatus();
      if (report === undefined) return;
      const { pid } = report.daemon;
      await daemon.shutdown().catch(ignoreNobody);
      const deadlineMs = performance.now() + endMaxMs;
      while (!hasEnded(pid)) {
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

function answerOf({ daemon: { pid, version, service } }: StatusReport): DaemonAnswer {
  return { pid, version, service };
}

function verifiedIn({ tunnels }: StatusReport): string[] {
  return tunnels.filter(({ health }) => health === "verified").map(({ name }) => name);
}

/** One that does not answer in time is, for what is done here, no daemon. */
function ignoreNobody(error: unknown): undefined {
  if (error instanceof Failure && (error.code === "daemon-not-running" || error.code === "daemon-unresponsive")) return undefined;
  throw error;
}
