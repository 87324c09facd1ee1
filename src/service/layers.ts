import type { LastExit } from "./last-exit.js";
import { isUnwatched, managerTitles } from "./look.js";
import type { DaemonAnswer, ManagerReport, Service, ServiceFinding } from "./service.js";

/** One file of the service: what stands on the machine beside what would be written now. Layer one of three. */
export interface FileState {
  readonly path: string;
  readonly state: "same" | "missing" | "different";
}

/** What is compared: file, manager, daemon. */
export interface Layers {
  readonly service: Pick<Service, "manager" | "name" | "logHint">;
  readonly files: readonly FileState[];
  /** What has become of the node and the script that the installed definition names. */
  readonly drift: readonly ServiceFinding[];
  readonly manager: ManagerReport;
  /** Null when nobody answers. */
  readonly daemon: DaemonAnswer | null;
  /** Of the program that asks. */
  readonly version: string;
  readonly lastExit: LastExit | null;
}

export interface LayersReport {
  /** All three say the same, and nothing is amiss. */
  readonly agrees: boolean;
  readonly isRunning: boolean;
  readonly findings: readonly ServiceFinding[];
}

const reinstall = "Write it anew: `clawtunnel install`.";
const start = "Start it: `clawtunnel service start`.";

/** Compares the three layers. What a manager itself finds is in its own words, and not said a second time. Pure. */
export function compareLayers(layers: Layers): LayersReport {
  const { manager, daemon, lastExit } = layers;
  const gaveUp = daemon === null && lastExit !== null ? [lastExitFinding(layers.service, lastExit)] : [];
  const own = manager.findings.filter(({ code }) => code !== "config-broken" || gaveUp.length === 0);
  const findings = [
    ...fileFindings(layers),
    ...enabledFindings(layers),
    ...(gaveUp.length > 0 || own.some(({ code }) => explanations.has(code)) ? [] : stateFindings(layers)),
    ...gaveUp,
    ...own,
    ...daemonFindings(layers),
  ];
  return { agrees: findings.length === 0, isRunning: daemon !== null, findings };
}

/** What managers say of a service that does not run, better than its state does. */
const explanations: ReadonlySet<string> = new Set([
  "service-failed",
  "config-broken",
  "program-missing",
  "user-missing",
  "other-service",
  "unit-broken",
  "not-startable",
  "no-login-session",
  "manager-unreachable",
]);

/** As managers themselves say that it is not enabled. */
const notEnabledWords: ReadonlySet<string> = new Set(["disabled", "masked", "unit-gone", "not-enabled", "task-changed"]);

/** A path that has moved is why a file differs. */
function fileFindings({ files, drift }: Layers): ServiceFinding[] {
  const found = files.flatMap(({ path, state }): ServiceFinding[] => {
    if (state === "missing") return [{ code: "file-missing", message: `${path} is missing`, hint: reinstall }];
    if (state === "same" || drift.length > 0) return [];
    return [{ code: "file-differs", message: `${path} is not as this clawtunnel would write it`, hint: reinstall }];
  });
  return [...found, ...drift];
}

function enabledFindings({ service, manager }: Layers): ServiceFinding[] {
  const isAsked = manager.state !== "unreachable" && manager.state !== "absent";
  if (!isAsked || manager.isEnabled || manager.findings.some(({ code }) => notEnabledWords.has(code))) return [];
  const message = `${managerTitles[service.manager]} does not start ${service.name} by itself any more`;
  return [{ code: "not-enabled", message, hint: "Let it: `clawtunnel install`." }];
}

function stateFindings({ service, manager, daemon }: Layers): ServiceFinding[] {
  const title = managerTitles[service.manager];
  const find = (code: string, message: string, hint: string) => [{ code, message, hint }];
  const detail = manager.detail === null ? "" : ` (${manager.detail})`;
  switch (manager.state) {
    case "unreachable":
      return find("manager-unreachable", `${title} cannot be asked${detail}`, "Ask again in a session of the service's own user.");
    case "absent":
      return find("not-known", `${title} does not know ${service.name}`, reinstall);
    case "failed":
      return find("failed", `${service.name} has failed${detail}`, start);
    case "stopped":
      // With a daemon it is told whose that is.
      if (daemon !== null) return [];
      return find(
        "stopped",
        `${service.name} is stopped${manager.isEnabled ? `, until ${title} starts it at the next ${whenOf(service)}` : ""}`,
        start,
      );
    case "waiting":
      return daemon !== null
        ? []
        : find("waiting", `${service.name} ended, and ${title} starts it again by itself${detail}`, seeLog(service));
    case "starting":
      return daemon !== null ? [] : find("starting", `${service.name} is starting${detail}`, "Ask again in a moment.");
    case "running":
      if (daemon !== null || isUnwatched(service)) return [];
      return find("daemon-silent", `${title} has ${service.name} running, and no daemon answers${detail}`, seeLog(service));
  }
}

function whenOf(service: Layers["service"]): string {
  return isUnwatched(service) ? "boot" : "login or boot";
}

function lastExitFinding(service: Layers["service"], { message, hint }: LastExit): ServiceFinding {
  return { code: "last-exit", message: `the daemon gave up: ${message}`, hint: hint || seeLog(service) };
}

function seeLog({ logHint }: Layers["service"]): string {
  return `See why: ${logHint}`;
}

function daemonFindings({ service, manager, daemon, version }: Layers): ServiceFinding[] {
  if (daemon === null) return [];
  const message = `the daemon is ${daemon.version}, and this is ${version}`;
  const older = { code: "daemon-older", message, hint: "Replace it: `clawtunnel restart --daemon`." };
  return [...whoseFindings(service, manager, daemon), ...(daemon.version === version ? [] : [older])];
}

function whoseFindings(service: Layers["service"], manager: ManagerReport, daemon: DaemonAnswer): ServiceFinding[] {
  if (isUnwatched(service)) return [];
  const title = managerTitles[service.manager];
  const who = `the daemon that answers (pid ${daemon.pid})`;
  const find = (code: string, message: string, hint: string) => [{ code, message, hint }];
  if (daemon.service === "none")
    return find("daemon-by-hand", `${who} runs by hand, not by ${title}`, "Hand it over: `clawtunnel service start`.");
  if (daemon.service !== service.manager)
    return find(
      "daemon-of-other",
      `${who} was started by ${daemon.service}, not by ${title}`,
      "Take it out there: one home has one service.",
    );
  const anew = "Start it anew: `clawtunnel service restart`.";
  if (manager.pid !== null && manager.pid !== daemon.pid)
    return find("pid-differs", `${who} is not the one that ${title} runs (pid ${manager.pid})`, anew);
  if (manager.state === "stopped" || manager.state === "failed")
    return find("daemon-unwatched", `${who} runs, and ${title} takes it for ended`, anew);
  return [];
}
