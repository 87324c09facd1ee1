import type { CommandResult, ManagerReport, ServiceFinding } from "../service.js";
import { stopFinding, unitFindings } from "./findings.js";
import { readLinger } from "./linger.js";
import { readProperties, type Shown, shownProperties } from "./show.js";

export interface LookAnswers {
  /** Of `systemctl show` for the service. */
  readonly shown: CommandResult | undefined;
  /** Of `systemctl show` for the path unit that watches the config file. */
  readonly watchShown: CommandResult | undefined;
  /** Of the two ways to ask for lingering; null where it does not matter. */
  readonly lingers: readonly CommandResult[] | null;
  readonly user: string;
  readonly service: string;
}

/** What systemd says of the service. `systemctl show` answers for a service it does not know as well, so a code other than 0 is no answer. */
export function readLook({ shown, watchShown, lingers, user, service }: LookAnswers): ManagerReport {
  if (shown?.code !== 0) return unreachable(shown, lingers === null ? null : user);
  const unit = { ...emptyShown, ...readProperties(shown.stdout) };
  const state = stateOf(unit);
  const names = { systemctl: lingers === null ? "systemctl" : "systemctl --user", service };
  const isWatched = readProperties(watchShown?.stdout ?? "").ActiveState === "active";
  const findings: ServiceFinding[] = [];
  if (state === "failed" || state === "waiting") findings.push(...stopFinding(unit, { isWaiting: state === "waiting", isWatched, names }));
  if (state !== "absent") findings.push(...unitFindings(unit, names));
  if (lingers !== null) findings.push(...readLinger(user, lingers));
  return { state, pid: Number(unit.MainPID) || null, isEnabled: unit.UnitFileState === "enabled", detail: detailOf(unit), findings };
}

const emptyShown = Object.fromEntries(shownProperties.map((name) => [name, ""])) as Shown;

function stateOf({ ActiveState, SubState, LoadState }: Shown): ManagerReport["state"] {
  if (ActiveState === "active" || ActiveState === "reloading") return "running";
  // `auto-restart`, and `auto-restart-queued` since systemd 254.
  if (ActiveState === "activating") return SubState.startsWith("auto-restart") ? "waiting" : "starting";
  if (LoadState === "not-found") return "absent";
  return ActiveState === "failed" ? "failed" : "stopped";
}

function detailOf({ LoadState, ActiveState, SubState, Result, ExecMainStatus, NRestarts, LoadError }: Shown): string {
  // org.freedesktop.systemd1.BadUnitSetting "Unit clawtunnel.service has a bad unit file setting."
  const why = LoadState === "not-found" ? undefined : /"(.*)"$/.exec(LoadError)?.[1];
  const parts = [
    SubState === ActiveState || SubState === "" ? ActiveState : `${ActiveState} (${SubState})`,
    ...(LoadState === "loaded" ? [] : [LoadState]),
    ...(why === undefined ? [] : [why]),
    ...(Result === "success" || Result === "" ? [] : [`Result=${Result}`]),
    ...(ExecMainStatus === "0" || ExecMainStatus === "" ? [] : [`status ${ExecMainStatus}`]),
    ...(Number(NRestarts) > 0 ? [`${NRestarts} ${NRestarts === "1" ? "restart" : "restarts"}`] : []),
  ];
  return parts.join(", ");
}

/** `user`: whose own manager it is; null for the machine's. */
function unreachable(shown: CommandResult | undefined, user: string | null): ManagerReport {
  const said = shown === undefined ? "" : shown.stderr.trim() || (shown.problem ?? `exit code ${shown.code}`);
  const finding =
    user === null
      ? {
          message: "systemd does not answer",
          hint: "Look whether systemd runs this machine: `systemctl is-system-running`.",
        }
      : {
          message: `the systemd of the user ${user} does not answer: it does not run, or this shell has no way to it`,
          hint: `Log in as ${user} itself, by ssh or \`sudo machinectl shell ${user}@\`: shells of su and sudo have no way to it. \`sudo loginctl enable-linger ${user}\` starts it without a login.`,
        };
  return {
    state: "unreachable",
    pid: null,
    isEnabled: false,
    detail: said === "" ? null : said,
    findings: [{ code: "manager-unreachable", ...finding }],
  };
}
