import { asFailure, Failure } from "../../base/failure.js";
import { newsOf } from "../last-exit.js";
import { isRunBy, isUnwatched, lookAt } from "../look.js";
import { bytesOf, type StoredFile } from "../machine/service-files.js";
import type { DaemonAnswer, ManagerReport, Service } from "../service.js";
import { type FlowHands, waitUntilUp, withDaemonsReason } from "./come-up.js";
import { performSteps } from "./perform.js";

export interface InstallHands extends FlowHands {
  /** Throws what would keep a daemon from starting: a config that is not right. */
  readonly check: () => void;
  /** Told each file before it is written. */
  readonly onWrite: (path: string) => void;
}

export interface Installed {
  /** `already`: nothing was done, because nothing was to be done. `renewed`: there was one, and it has taken another form. */
  readonly outcome: "already" | "installed" | "renewed";
  readonly daemon: DaemonAnswer;
}

/** The machine before anything is done to it. */
interface Before {
  readonly files: ReadonlyMap<string, StoredFile | undefined>;
  readonly wasThere: boolean;
  readonly daemon: DaemonAnswer | undefined;
  /** Its manager has been told nothing, and has nothing to forget. */
  readonly isUnreachable: boolean;
}

/**
 * Makes the daemon a service, and waits until it answers as one. When it does not, or `signal` aborts, what was there before is put
 * back: the old definition, enrolled again, or nothing, and a daemon that ran by hand runs by hand. Throws `service-manager-failed`
 * or `service-not-up` then, and what `check` throws before anything is changed.
 */
export async function install(service: Service, version: string, hands: InstallHands, signal: AbortSignal): Promise<Installed> {
  hands.check();
  const [report, daemon] = await Promise.all([lookAt(service, hands.run), hands.daemon.ask()]);
  const files = new Map(service.files.map(({ path }) => [path, hands.files.read(path)]));
  // What is defined in no file is the manager's to compare.
  const isSame =
    service.files.length === 0
      ? report.findings.length === 0
      : service.files.every((file) => files.get(file.path)?.bytes.equals(bytesOf(file)));
  const isRunning = report.state === "running" || isUnwatched(service);
  if (isSame && report.isEnabled && isRunning && daemon?.version === version && isRunBy(service, report, daemon))
    return { outcome: "already", daemon };

  const [definition] = service.files;
  const wasThere = definition === undefined ? report.isEnabled : files.get(definition.path) !== undefined;
  const exitBefore = hands.lastExit();
  const madeFolders: string[] = [];
  try {
    for (const file of service.files) {
      hands.onWrite(file.path);
      madeFolders.push(...hands.files.write(file.path, { bytes: bytesOf(file), mode: file.mode }));
    }
    await performSteps(service.enrol, hands, signal);
    return { outcome: wasThere ? "renewed" : "installed", daemon: await waitUntilUp(service, { version, exitBefore }, hands, signal) };
  } catch (error) {
    const failure = signal.aborted ? interrupted() : withDaemonsReason(asFailure(error), service, newsOf(exitBefore, hands.lastExit()));
    const now = report.state === "unreachable" ? await lookAt(service, hands.run) : report;
    const isUnreachable = now.state === "unreachable";
    const trouble = await putBack(service, { files, wasThere, daemon, isUnreachable }, madeFolders, hands);
    if (isUnreachable && trouble === undefined && failure.code === "service-manager-failed") throw unreachable(now, failure);
    throw trouble === undefined ? failure : notPutBack(failure, trouble);
  }
}

/** Answers with what stood in the way, if something did. */
async function putBack(
  service: Service,
  { files, wasThere, daemon, isUnreachable }: Before,
  madeFolders: readonly string[],
  hands: InstallHands,
): Promise<Failure | undefined> {
  // Whoever does not want to wait any more wants the machine as it was all the same.
  const { signal } = new AbortController();
  let trouble: Failure | undefined;
  const attempt = async (work: () => unknown) => {
    try {
      await work();
    } catch (error) {
      trouble ??= asFailure(error);
    }
  };
  if (!wasThere && !isUnreachable) await attempt(() => performSteps(service.withdraw, hands, signal));
  for (const [path, stored] of files)
    await attempt(() => (stored === undefined ? hands.files.remove(path) : hands.files.write(path, stored)));
  if (!isUnreachable) await attempt(() => performSteps(wasThere ? service.enrol : service.forget, hands, signal));
  for (const folder of [...madeFolders].reverse()) hands.files.removeEmptyFolder(folder);
  // A daemon that ran by hand held tunnels that somebody uses.
  if (daemon !== undefined && (await hands.daemon.ask()) === undefined) await attempt(() => hands.daemon.start());
  return trouble;
}

function interrupted(): Failure {
  return new Failure("service-not-up", "the install was interrupted, and what was there before has been put back", {
    hint: "Install it: `clawtunnel install`.",
  });
}

/** The look knows why nobody answers, and the command that failed does not. */
function unreachable({ findings: [finding] }: ManagerReport, failure: Failure): Failure {
  if (finding === undefined) return failure;
  return new Failure(failure.code, `${finding.message}; ${failure.message}`, { hint: finding.hint, cause: failure });
}

function notPutBack(failure: Failure, trouble: Failure): Failure {
  return new Failure(failure.code, `${failure.message}; and what was there before could not be put back: ${trouble.message}`, {
    hint: "`clawtunnel uninstall` takes away what is left; `clawtunnel service status` shows how it stands.",
    cause: failure,
  });
}
