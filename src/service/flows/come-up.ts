import { Failure } from "../../base/failure.js";
import { type LastExit, newsOf } from "../last-exit.js";
import { describeReport, isRunBy, lookAt, managerTitles } from "../look.js";
import type { ServiceFiles } from "../machine/service-files.js";
import type { DaemonAnswer, ManagerReport, Service } from "../service.js";
import type { StepHands } from "./perform.js";

/** How long a daemon may take from its start to its first answer. */
const comeUpMaxMs = 15_000;
const lookEveryMs = 50;
/** A manager may take so long to begin what it was told, and says meanwhile how the last time ended. */
const beginMaxMs = 2_000;

/** What the flows use of the machine. */
export interface FlowHands extends StepHands {
  readonly files: ServiceFiles;
  readonly isRoot: boolean;
  /** Why a daemon that a manager started gave up last. */
  readonly lastExit: () => LastExit | undefined;
}

interface Expected {
  /** Undefined where any version will do. */
  readonly version?: string;
  /** Of the daemon that is to be replaced. */
  readonly notPid?: number;
  /** What was known before of why a daemon gave up. */
  readonly exitBefore: LastExit | undefined;
}

/**
 * Waits until the daemon answers over its control socket and is the one that the manager runs. Throws `service-not-up` when it does
 * not, with the reason that the daemon itself left, and what the manager says.
 */
export async function waitUntilUp(service: Service, expected: Expected, hands: FlowHands, signal: AbortSignal): Promise<DaemonAnswer> {
  const startedMs = hands.pace.monotonicMs();
  for (;;) {
    const [daemon, report] = await Promise.all([hands.daemon.ask(), lookAt(service, hands.run)]);
    const isRight = expected.version === undefined || daemon?.version === expected.version;
    // One whose manager has not heard that it is ready is ended after a while, however well it is.
    const isAwaited = report.state === "starting";
    if (daemon !== undefined && daemon.pid !== expected.notPid && isRight && !isAwaited && isRunBy(service, report, daemon)) return daemon;
    const exit = newsOf(expected.exitBefore, hands.lastExit());
    const waitedMs = hands.pace.monotonicMs() - startedMs;
    const isOver = waitedMs > comeUpMaxMs || hasGivenUp(report, exit, waitedMs);
    if (isOver || !(await hands.pace.sleep(lookEveryMs, signal))) throw notUp(service, { daemon, report, exit, expected });
  }
}

/** Whether the manager will not start it again by itself, so that waiting is of no use. */
function hasGivenUp({ state }: ManagerReport, exit: LastExit | undefined, waitedMs: number): boolean {
  if (state !== "failed" && state !== "stopped") return false;
  return exit !== undefined || (state === "failed" && waitedMs > beginMaxMs);
}

interface Seen {
  readonly daemon: DaemonAnswer | undefined;
  readonly report: ManagerReport;
  readonly exit: LastExit | undefined;
  readonly expected: Expected;
}

function notUp(service: Service, { daemon, report, exit, expected }: Seen): Failure {
  const title = managerTitles[service.manager];
  return new Failure("service-not-up", `${service.name} did not come up: ${why()}; ${title} says: ${describeReport(report)}`, {
    hint: exit?.hint || `See why: ${service.logHint}`,
  });

  function why(): string {
    if (daemon === undefined) return exit?.message ?? `no daemon answered within ${comeUpMaxMs / 1000} s`;
    const who = `the daemon that answers (pid ${daemon.pid})`;
    if (daemon.pid === expected.notPid) return `${who} is still the old one`;
    if (expected.version !== undefined && daemon.version !== expected.version)
      return `${who} is ${daemon.version}, and not ${expected.version}`;
    if (isRunBy(service, report, daemon)) return `${title} has not heard that ${who} is ready`;
    return `${who} is not the one that ${title} runs`;
  }
}

/** What a step's failure means: a manager knows that the daemon ended, and the daemon knows why. */
export function withDaemonsReason(failure: Failure, service: Service, exit: LastExit | undefined): Failure {
  if (failure.code !== "service-manager-failed" || exit === undefined) return failure;
  return new Failure("service-not-up", `${service.name} did not come up: ${exit.message}; ${failure.message}`, {
    hint: exit.hint || `See why: ${service.logHint}`,
    cause: failure,
  });
}
