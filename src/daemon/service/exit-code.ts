import type { FailureCode } from "../../base/failure-catalogue.js";
import type { ManagerName } from "../../base/manager-name.js";

/**
 * How the daemon ends when a manager has started it. `needsPerson` is EX_CONFIG and `anotherRuns` EX_TEMPFAIL of sysexits(3). A stop
 * that was asked for is `done`.
 */
export const serviceExitCode = { done: 0, failed: 1, anotherRuns: 75, needsPerson: 78 } as const;

/** A start that comes to nothing for one of these comes to nothing however often it is repeated. A full disk or a late mount heals. */
const needsPerson: ReadonlySet<FailureCode> = new Set([
  "usage",
  "config-not-json",
  "config-invalid",
  "config-unreadable",
  "socket-path-too-long",
]);

const anotherRuns: ReadonlySet<FailureCode> = new Set(["daemon-running", "daemon-unresponsive"]);

/** launchd starts again whatever has not ended with 0: there is no code that means "do not". `manager` undefined: nobody knows. */
export function exitCodeInService(code: FailureCode, manager: ManagerName | undefined): number {
  if (!needsPerson.has(code) && !anotherRuns.has(code)) return serviceExitCode.failed;
  if (manager === "launchd") return serviceExitCode.done;
  return needsPerson.has(code) ? serviceExitCode.needsPerson : serviceExitCode.anotherRuns;
}
