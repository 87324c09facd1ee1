import { Failure } from "../../base/failure.js";
import type { ServiceFacts, ServiceWishes } from "../../service/facts.js";
import { type Installed, install } from "../../service/flows/install.js";
import { refuseForeign } from "../../service/foreign-definition.js";
import { lookAt, managerTitles } from "../../service/look.js";
import type { Service, Step } from "../../service/service.js";
import type { CliContext } from "../define-command.js";
import { type ExitCode, exitCode } from "../exit-code.js";
import { findService } from "./find-service.js";
import { handsFor, type ServiceMachine } from "./machine.js";
import { renderDone, renderFile, renderPlanned, serviceJson, stepJson } from "./render-steps.js";
import { replaceOlderWays } from "./replace-older-ways.js";

export interface InstallArgs {
  readonly wishes: ServiceWishes;
  /** Whether what else keeps the same forwards open is turned off without a question. */
  readonly replacesOlder: boolean;
  readonly isDryRun: boolean;
  readonly asJson: boolean;
}

export async function runInstall(context: CliContext, args: InstallArgs, machine: ServiceMachine): Promise<ExitCode> {
  const { output, signal } = context;
  const facts = await machine.facts(args.wishes, { mustLast: true });
  const service = machine.choose(facts);
  const warnings = [...facts.program.warnings, ...service.warnings];
  await refuseSecond(service, machine);
  refuseForeign(service, facts, machine.files);
  refuseRootsByMistake(service, facts, machine);
  if (args.isDryRun) {
    output.answer(args.asJson ? JSON.stringify({ dryRun: true, service: serviceJson(service), warnings }) : renderPlan(service, warnings));
    return exitCode.done;
  }
  refuseWithoutRoot(service, machine);
  const steps: Step[] = [];
  const written: string[] = [];
  const hands = {
    ...handsFor(machine, facts, (step) => steps.push(step)),
    check: () => machine.check(facts),
    onWrite: (path: string) => written.push(path),
  };
  const installed = await install(service, machine.version, hands, signal);
  const { findings } = await lookAt(service, machine.run);
  // After it: a forward is without a keeper for the moment in which one takes over from the other, and not for an install that fails.
  const older = await replaceOlderWays(context, facts, args.replacesOlder, machine);
  if (args.asJson) {
    const { manager, scope, name, logHint } = service;
    const done = { written, steps: steps.map(stepJson) };
    output.answer(
      JSON.stringify({ ...installed, service: { manager, scope, name }, ...done, warnings, findings, olderWays: older, logHint }),
    );
    return exitCode.done;
  }
  const lines = [
    verdict(service, installed),
    ...written.map((path) => `wrote ${path}`),
    ...steps.map(renderDone),
    ...warnings.map((warning) => output.style.bad(`warning: ${warning}`)),
    ...findings.flatMap(({ message, hint }) => [output.style.bad(`warning: ${message}`), `  ${hint}`]),
    ...older.turnedOff.map((way) => `turned off ${way}`),
    ...older.warnings.map((warning) => output.style.bad(`warning: ${warning}`)),
    ...older.undo.map((how) => `to have that back: ${how}`),
    `its log: ${service.logHint}`,
    `to undo: ${service.scope === "system" ? "sudo " : ""}clawtunnel uninstall`,
  ];
  output.answer(lines.join("\n  "));
  return exitCode.done;
}

function verdict({ manager, name }: Service, { outcome, daemon }: Installed): string {
  const who = `${managerTitles[manager]} runs ${name} (pid ${daemon.pid}, version ${daemon.version})`;
  switch (outcome) {
    case "already":
      return `already installed: ${who}; nothing was to be done`;
    case "renewed":
      return `installed anew: ${who}`;
    case "installed":
      return `installed: ${who}`;
  }
}

function renderPlan(service: Service, warnings: readonly string[]): string {
  const steps = (list: readonly Step[]) => list.map((step) => `  ${renderPlanned(step)}`);
  const back = [...service.withdraw, ...service.forget];
  return [
    `${service.name} would be installed as a service of ${managerTitles[service.manager]}; nothing was changed`,
    "",
    ...(service.files.length === 0 ? [] : ["it would write", "", ...service.files.map((file) => `${renderFile(file)}\n`)]),
    "it would run, and then wait until the daemon answers:",
    ...steps(service.enrol),
    "",
    "`clawtunnel uninstall` would run, and remove the files:",
    ...steps(back),
    ...warnings.map((warning) => `\nwarning: ${warning}`),
  ].join("\n");
}

function refuseWithoutRoot({ scope }: Service, { isRoot }: ServiceMachine): void {
  if (scope === "user" || isRoot) return;
  throw new Failure("service-unavailable", "a service of the whole machine is installed by root", {
    hint: "`sudo clawtunnel install --system`; the daemon runs as you all the same.",
  });
}

/** Two services would start two daemons for one home, and one of them would never come up. */
async function refuseSecond(service: Service, machine: ServiceMachine): Promise<void> {
  const found = await findService(machine);
  if (found === undefined || (found.service.manager === service.manager && found.service.scope === service.scope)) return;
  const { manager, name, scope } = found.service;
  throw new Failure("service-unavailable", `${managerTitles[manager]} has ${name} already, for this same home`, {
    hint: `Take that one away first: \`${scope === "system" ? "sudo " : ""}clawtunnel uninstall\`.`,
  });
}

/** Under sudo the home is root's. Whoever has tunnels there means it; whoever has none forgot that, and would have a service of nothing. */
function refuseRootsByMistake({ scope }: Service, { user, paths }: ServiceFacts, { sudoUser, files }: ServiceMachine): void {
  if (scope === "system" || user.uid !== 0 || sudoUser === undefined || files.read(paths.configFile) !== undefined) return;
  throw new Failure("service-unavailable", `under sudo this would be a service of root, who has no tunnels, and not of ${sudoUser}`, {
    hint: "Run it without sudo: `clawtunnel install`. For a service of the whole machine, which runs as you: `sudo clawtunnel install --system`.",
  });
}
