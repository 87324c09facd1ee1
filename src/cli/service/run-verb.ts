import { stopService } from "../../service/flows/start-and-stop.js";
import { managerTitles } from "../../service/look.js";
import type { DaemonAnswer, Service, Step } from "../../service/service.js";
import type { CliContext } from "../define-command.js";
import { type ExitCode, exitCode } from "../exit-code.js";
import { requireService } from "./find-service.js";
import { handsFor, type ServiceMachine } from "./machine.js";
import { renderDone, stepJson } from "./render-steps.js";
import type { ServiceArgs } from "./run-status.js";
import { startInstalled } from "./start-installed.js";

type Verb = "start" | "stop" | "restart";

/** Has the manager do it, and waits for what comes of it. */
export async function runServiceVerb(
  verb: Verb,
  { output, signal }: CliContext,
  { asJson }: ServiceArgs,
  machine: ServiceMachine,
): Promise<ExitCode> {
  const found = await requireService(machine);
  const { service, facts } = found;
  const steps: Step[] = [];
  const onStep = (step: Step) => void steps.push(step);
  const daemon = await (verb === "stop"
    ? stopService(service, handsFor(machine, facts, onStep), signal)
    : startInstalled(verb, found, machine, signal, onStep));
  const { manager, name } = service;
  if (asJson) {
    output.answer(JSON.stringify({ service: { manager, name }, daemon: daemon ?? null, steps: steps.map(stepJson) }));
    return exitCode.done;
  }
  output.answer([verdict(verb, service, daemon), ...steps.map(renderDone)].join("\n  "));
  return exitCode.done;
}

function verdict(verb: Verb, service: Service, daemon: DaemonAnswer | undefined): string {
  const title = managerTitles[service.manager];
  if (verb !== "stop") return `${title} runs ${service.name} (pid ${daemon?.pid}, version ${daemon?.version})`;
  const rest = daemon === undefined ? "" : `; a daemon that was started by hand (pid ${daemon.pid}) goes on: \`clawtunnel daemon --stop\``;
  return `${service.name} is stopped, until \`clawtunnel service start\`${rest}`;
}
