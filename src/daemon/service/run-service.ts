import { DaemonClient } from "../../api/client.js";
import { asFailure } from "../../base/failure.js";
import { type Paths, pathsOfThisMachine } from "../../config/paths.js";
import { forgetLastExit, noteLastExit } from "../../service/last-exit.js";
import { type RunningDaemon, runDaemon } from "../main.js";
import { describeTunnels } from "./describe-tunnels.js";
import { type ServiceEnvironment, takeServiceEnvironment } from "./environment.js";
import { exitCodeInService, serviceExitCode } from "./exit-code.js";
import { journalError, journalText } from "./journal-line.js";
import { Notifier, systemdNotify } from "./notify.js";
import { type SystemdTold, tellSystemd } from "./tell-systemd.js";

/** A daemon that does not answer itself for so long is not well. */
const ownAnswerMaxMs = 5_000;

/** Runs the daemon for the manager that CLAWTUNNEL_SERVICE names. Returns the exit code; what went wrong is in last-exit.json. */
export async function runService(): Promise<number> {
  const paths = pathsOfThisMachine();
  let environment: ServiceEnvironment | undefined;
  const note = (error: unknown): number => {
    const failure = asFailure(error);
    const exitCode = exitCodeInService(failure.code, environment?.manager);
    noteLastExit(paths.lastExitFile, failure, exitCode, Date.now());
    return exitCode;
  };
  // A journal that is restarted is no reason to end.
  process.stderr.on("error", () => {});
  try {
    environment = takeServiceEnvironment(process.env, process.pid);
    await runFor(environment, paths, note);
    return serviceExitCode.done;
  } catch (error) {
    tell(error, environment);
    return note(error);
  }
}

async function runFor(environment: ServiceEnvironment, paths: Paths, note: (error: unknown) => void): Promise<void> {
  const { manager, isSystemScope, hasJournal } = environment;
  let systemd: SystemdTold | undefined;
  await runDaemon({
    paths,
    service: manager,
    isSystemScope,
    takesOver: true,
    echo: (line) => {
      if (hasJournal) process.stderr.write(journalText(line));
    },
    onReady: (running) => {
      forgetLastExit(paths.lastExitFile);
      systemd = attend(environment, paths, running);
    },
    onStop: () => systemd?.stopping(),
    onBug: (error) => {
      // The journal has had it with the log's own line.
      if (!hasJournal) tell(error, environment);
      note(error);
    },
  });
}

/** Elsewhere than in a journal stderr is a file that nobody rotates: only what nobody expects is worth its bytes. */
function tell(error: unknown, environment: ServiceEnvironment | undefined): void {
  const failure = asFailure(error);
  const isExpected = failure.code !== "internal" && environment !== undefined;
  const text =
    isExpected || !(failure.cause instanceof Error) ? `${failure.message} [${failure.code}]\n${failure.hint}` : failure.cause.stack;
  if (environment?.hasJournal) process.stderr.write(journalError(text ?? failure.message));
  else if (!isExpected) process.stderr.write(`${text}\n`);
}

/** Undefined where nobody listens to what the daemon has to say. */
function attend({ notifySocket, watchdogMs }: ServiceEnvironment, paths: Paths, { tunnels, log }: RunningDaemon): SystemdTold | undefined {
  if (notifySocket === undefined) return undefined;
  const daemon = new DaemonClient(paths.controlEndpoint, { answerTimeoutMs: ownAnswerMaxMs });
  const notifier = new Notifier(systemdNotify(notifySocket), (error) =>
    log.warn({ event: "systemd.untold", err: error }, "systemd cannot be told how the daemon fares"),
  );
  const told = tellSystemd({
    say: (message) => notifier.say(message),
    isAnswering: () =>
      daemon.live().then(
        () => true,
        () => false,
      ),
    describe: () => describeTunnels(tunnels.report()),
    watchdogMs,
  });
  tunnels.onChange(() => told.changed());
  return told;
}
