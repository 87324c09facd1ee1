import type { DaemonStatus } from "../../api/contract.js";
import { compareLayers, type FileState, type Layers, type LayersReport } from "../../service/layers.js";
import { isUnwatched, managerTitles } from "../../service/look.js";
import type { DaemonAnswer } from "../../service/service.js";
import type { CliContext } from "../define-command.js";
import { type ExitCode, exitCode } from "../exit-code.js";
import type { Output } from "../output.js";
import { findService } from "./find-service.js";
import { lookAtLayers } from "./look-at-layers.js";
import type { ServiceMachine } from "./machine.js";

export interface ServiceArgs {
  readonly asJson: boolean;
}

/** 0 when file, manager and daemon agree and it runs, 3 when no daemon runs, 5 when something needs a person. */
export async function runServiceStatus(
  { output, daemon }: CliContext,
  { asJson }: ServiceArgs,
  machine: ServiceMachine,
): Promise<ExitCode> {
  const found = await findService(machine);
  if (found === undefined) {
    const answer = await daemon.status().catch(() => undefined);
    if (asJson) output.answer(JSON.stringify({ installed: false, daemon: answer?.daemon ?? null }));
    else output.answer(`no service is installed; ${whoRuns(answer?.daemon)}\n  install one: clawtunnel install`);
    return answer === undefined ? exitCode.noDaemon : exitCode.needsPerson;
  }
  const layers = await lookAtLayers(found, machine);
  const report = compareLayers(layers);
  if (asJson) {
    const { manager, scope, name, logHint } = found.service;
    const { files, manager: says, daemon: answers, lastExit } = layers;
    const { findings: _, ...state } = says;
    output.answer(
      JSON.stringify({
        installed: true,
        service: { manager, scope, name, logHint },
        files,
        manager: state,
        daemon: answers,
        lastExit,
        ...report,
      }),
    );
  } else output.answer(renderLayers(layers, report, output));
  if (!report.isRunning) return exitCode.noDaemon;
  return report.agrees ? exitCode.done : exitCode.needsPerson;
}

function whoRuns(daemon: DaemonStatus | undefined): string {
  if (daemon === undefined) return "no daemon runs";
  const { pid, service } = daemon;
  if (service === "none") return `the daemon (pid ${pid}) runs until the next logout or reboot`;
  return `the daemon (pid ${pid}) was started by ${managerTitles[service]}, whose definition of it is gone or not clawtunnel's`;
}

function renderLayers(layers: Layers, report: LayersReport, { style }: Output): string {
  const { service, files, manager, daemon } = layers;
  const detail = manager.detail === null ? "" : ` (${manager.detail})`;
  const row = (what: string, text: string) => `${what.padEnd(9)}${text}`;
  const lines = [
    verdict(layers, report),
    ...files.map((file) => row("file", `${file.path}: ${fileWords[file.state]}`)),
    row("manager", `${managerTitles[service.manager]}: ${manager.state}${detail}, ${manager.isEnabled ? "enabled" : "not enabled"}`),
    row("daemon", daemon === null ? "none answers" : daemonText(daemon)),
    ...report.findings.flatMap(({ message, hint }) => [style.bad(message), `  ${hint}`]),
    row("log", service.logHint),
  ];
  return lines.join("\n  ");
}

const fileWords: Readonly<Record<FileState["state"], string>> = {
  same: "as it is written today",
  missing: "missing",
  different: "not as it is written today",
};

function daemonText({ pid, version, service }: DaemonAnswer): string {
  return `pid ${pid}, version ${version}, started by ${service === "none" ? "hand" : service}`;
}

function verdict({ service, daemon }: Layers, { agrees, isRunning }: LayersReport): string {
  const title = managerTitles[service.manager];
  if (!isRunning) return `${service.name} is not running`;
  if (!agrees) return `${service.name} needs a person`;
  if (isUnwatched(service)) return `${title} starts the daemon at boot, and it runs (pid ${daemon?.pid})`;
  return `${title} runs ${service.name} (pid ${daemon?.pid}): file, manager and daemon agree`;
}
