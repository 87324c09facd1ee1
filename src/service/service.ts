import type { ManagerName } from "../base/manager-name.js";

export interface ServiceFile {
  readonly path: string;
  readonly mode: number;
  readonly contents: string;
  /** How the contents are written; `utf16le` begins with a byte order mark. */
  readonly encoding: "utf8" | "utf16le";
}

/** How a command of the system ended. */
export interface CommandResult {
  readonly argv: readonly string[];
  /** Null when it could not be started, was killed or did not end in time. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why there is no code. */
  readonly problem: string | null;
}

export interface SystemCommand {
  readonly argv: readonly string[];
  /** Beside the caller's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads on stdin. */
  readonly input?: string;
}

/** `again`: not yet, but it may be a moment later. */
export type Verdict = "done" | "again" | "failed";

/**
 * How to read what came of a command; `ask` runs another one to find out. What has a clearer cause than the command says is thrown, as
 * a Failure.
 */
export type Judge = (result: CommandResult, ask: (command: SystemCommand) => Promise<CommandResult>) => Verdict | Promise<Verdict>;

export interface RunStep extends SystemCommand {
  readonly do: "run";
  /** For people, after the command: `so that it starts before anybody logs in`. */
  readonly why: string;
  /** Without, 0 is done and all else has failed. */
  readonly judge?: Judge;
  /** How long a verdict of `again` is followed; then it has failed. */
  readonly againForMs?: number;
}

/** One thing that is done to the machine, as data: what `--dry-run` shows is what is carried out. */
export type Step =
  | RunStep
  /** Asks the daemon over its control socket to end, and waits until its process is gone; done when there is none. */
  | { readonly do: "end-daemon"; readonly why: string }
  /** Starts the daemon in the background, as `up` does, where no manager can. */
  | { readonly do: "start-daemon"; readonly why: string };

/** What the daemon of this home says of itself, whoever started it. Layer three of three. */
export interface DaemonAnswer {
  readonly pid: number;
  readonly version: string;
  /** The manager that started it, or `none`. */
  readonly service: string;
}

/** What the manager says of the service, in our words. Layer two of three. */
export interface ManagerReport {
  /** `absent`: it does not know the service. `unreachable`: it could not be asked. `waiting`: it will start it again by itself. */
  readonly state: "running" | "starting" | "waiting" | "stopped" | "failed" | "absent" | "unreachable";
  readonly pid: number | null;
  /** Whether it starts the service at the next login or boot. */
  readonly isEnabled: boolean;
  /** In the manager's own words, for people: `Result=watchdog, 3 restarts`. */
  readonly detail: string | null;
  /** What is amiss here although the manager would not call it wrong, with what to do. */
  readonly findings: readonly ServiceFinding[];
}

export interface ServiceFinding {
  /** For programs: `lingering-off`, `node-moved`. */
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** What to ask the manager, and how to read all its answers, in that order. */
export interface Look {
  readonly asks: readonly SystemCommand[];
  readonly read: (results: readonly CommandResult[]) => ManagerReport;
}

/**
 * The daemon as a service of one manager: everything that can be done with it, as data. Made by a pure function from facts, so that
 * launchd and Task Scheduler are tested on Linux.
 */
export interface Service {
  readonly manager: ManagerName;
  readonly scope: "user" | "system";
  /** What the manager calls it: `clawtunnel.service`, `dev.clawtunnel.daemon`, `\clawtunnel`. */
  readonly name: string;
  /** The definition first. Written whole, before `enrol`. */
  readonly files: readonly ServiceFile[];
  /** Makes the manager know the files as they are now, start the service from now on, and run it from them. Safe to repeat. */
  readonly enrol: readonly Step[];
  readonly start: readonly Step[];
  /** Ends it, and it stays ended until `start`, or the next boot where the manager cannot remember. */
  readonly stop: readonly Step[];
  readonly restart: readonly Step[];
  /** Ends it and makes the manager not start it any more. The files are removed after this, and `forget` is done then. */
  readonly withdraw: readonly Step[];
  readonly forget: readonly Step[];
  readonly look: Look;
  /** What an install is to be told: what this manager cannot do here. */
  readonly warnings: readonly string[];
  /** What stays on the machine after an uninstall, and why. */
  readonly leaves: readonly string[];
  /** How long after a crash the daemon is back at the latest. */
  readonly backWithinMs: number;
  /** How to see what it wrote: `journalctl --user -u clawtunnel`. */
  readonly logHint: string;
}
