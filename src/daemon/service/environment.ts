import { Failure } from "../../base/failure.js";
import { isManagerName, type ManagerName, managerNames } from "../../base/manager-name.js";
import { scopeVariable } from "../../service/program/daemon-command.js";

/** What a service manager says to the daemon in its environment. */
export interface ServiceEnvironment {
  readonly manager: ManagerName;
  readonly isSystemScope: boolean;
  /** Where systemd listens for what its service has to say (sd_notify(3)). */
  readonly notifySocket: string | undefined;
  /** How often at least systemd wants to hear that the service is well; undefined where it does not ask. */
  readonly watchdogMs: number | undefined;
  /** Whether what is written to stderr is read by journald. */
  readonly hasJournal: boolean;
}

/** Whoever has these can speak to the manager in the daemon's name: no child may see them. */
const takenOut = ["CLAWTUNNEL_SERVICE", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", scopeVariable] as const;

/**
 * Reads what the manager said, and takes it out of `env`, so that nothing that the daemon starts can hear it.
 * Throws `usage` when no manager is named that clawtunnel knows.
 */
export function takeServiceEnvironment(env: NodeJS.ProcessEnv, pid: number): ServiceEnvironment {
  const [manager, notifySocket, watchdogUsec, watchdogPid, scope] = takenOut.map((name) => env[name]);
  for (const name of takenOut) delete env[name];
  if (!isManagerName(manager)) {
    const known = `one of ${managerNames.join(", ")}`;
    const problem = manager === undefined ? "CLAWTUNNEL_SERVICE is not set" : `CLAWTUNNEL_SERVICE is "${manager}"`;
    throw new Failure("usage", `${problem}: a daemon that is run as a service is told by whom, ${known}`, {
      hint: "Let clawtunnel write the service: `clawtunnel install`.",
    });
  }
  const watchdogMs = Number(watchdogUsec) / 1_000;
  // A shell that systemd started may have handed down what was meant for itself.
  const isForUs = watchdogPid === undefined || watchdogPid === String(pid);
  return {
    manager,
    isSystemScope: scope === "system",
    notifySocket: manager === "systemd" && notifySocket ? notifySocket : undefined,
    watchdogMs: isForUs && watchdogMs > 0 ? watchdogMs : undefined,
    hasJournal: manager === "systemd" && Boolean(env.JOURNAL_STREAM),
  };
}
