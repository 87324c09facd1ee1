import { asFailure, Failure } from "../../base/failure.js";
import { waitUntilUp, withDaemonsReason } from "../../service/come-up.js";
import type { InstalledService } from "../../service/find-installed.js";
import { newsOf } from "../../service/last-exit.js";
import { managerTitles } from "../../service/look.js";
import { type DaemonAnswer, performSteps } from "../../service/perform.js";
import { prove } from "../../service/prove.js";
import type { Service, Step } from "../../service/service.js";
import type { CliContext } from "../define-command.js";
import { describeDuration } from "../duration.js";
import { type ExitCode, exitCode } from "../exit-code.js";
import { requireService } from "./find-service.js";
import { lookAtLayers } from "./look-at-layers.js";
import { handsFor, type ServiceMachine } from "./machine.js";
import { renderDone, stepJson } from "./render-steps.js";
import type { ServiceArgs } from "./run-status.js";

export type Verb = "start" | "stop" | "restart";

/** Has the manager do it, and waits for what comes of it. */
export async function runServiceVerb(
  verb: Verb,
  { output, signal }: CliContext,
  { asJson }: ServiceArgs,
  machine: ServiceMachine,
): Promise<ExitCode> {
  const found = await requireService(machine);
  const { service } = found;
  const steps: Step[] = [];
  const daemon =
    verb === "stop"
      ? await stopService(found, machine, (step) => steps.push(step), signal)
      : await startService(verb, found, machine, signal, (step) => steps.push(step));
  const { manager, name } = service;
  if (asJson) {
    output.answer(JSON.stringify({ service: { manager, name }, daemon: daemon ?? null, steps: steps.map(stepJson) }));
    return exitCode.done;
  }
  output.answer([verdict(verb, found, daemon), ...steps.map(renderDone)].join("\n  "));
  return exitCode.done;
}

function verdict(verb: Verb, { service }: InstalledService, daemon: DaemonAnswer | undefined): string {
  const title = managerTitles[service.manager];
  if (verb !== "stop") return `${title} runs ${service.name} (pid ${daemon?.pid}, version ${daemon?.version})`;
  const rest = daemon === undefined ? "" : `; a daemon that was started by hand (pid ${daemon.pid}) goes on: \`clawtunnel daemon --stop\``;
  return `${service.name} is stopped, until \`clawtunnel service start\`${rest}`;
}

/** Throws `service-unavailable` where its program is gone, `service-manager-failed`, or `service-not-up` with the daemon's own reason. */
export async function startService(
  verb: "start" | "restart",
  found: InstalledService,
  machine: ServiceMachine,
  signal: AbortSignal,
  onStep: (step: Step) => void = () => {},
): Promise<DaemonAnswer> {
  const { service, facts } = found;
  const hands = handsFor(machine, facts, onStep);
  await refuseWithoutProgram(found, machine);
  const exitBefore = hands.lastExit();
  const before = verb === "restart" ? await hands.daemon.ask() : undefined;
  try {
    await performSteps(service[verb], hands, signal);
  } catch (error) {
    const failure = withDaemonsReason(asFailure(error), service, newsOf(exitBefore, hands.lastExit()));
    throw withVerbsHint(failure, verb, service, machine);
  }
  return waitUntilUp(service, { exitBefore, ...(before && { notPid: before.pid }) }, hands, signal);
}

/** Answers with the daemon that runs all the same, because a person started it. */
export async function stopService(
  { service, facts }: InstalledService,
  machine: ServiceMachine,
  onStep: (step: Step) => void,
  signal: AbortSignal,
): Promise<DaemonAnswer | undefined> {
  const hands = handsFor(machine, facts, onStep);
  try {
    await performSteps(service.stop, hands, signal);
  } catch (error) {
    throw withVerbsHint(asFailure(error), "stop", service, machine);
  }
  return hands.daemon.ask();
}

/** What cannot be started would be tried in vain for long, and a daemon that runs all the same would be ended for it. */
async function refuseWithoutProgram(found: InstalledService, machine: ServiceMachine): Promise<void> {
  const { drift } = await lookAtLayers(found, machine);
  const missing = drift.find(({ code }) => code === "node-missing" || code === "script-missing");
  if (missing !== undefined) throw new Failure("service-unavailable", missing.message, { hint: missing.hint });
}

/** What the manager refuses to a user it does for root. */
function withVerbsHint(failure: Failure, verb: Verb, { scope }: Service, { isRoot }: ServiceMachine): Failure {
  if (failure.code !== "service-manager-failed") return failure;
  const asRoot = `It is a service of the whole machine, and root's to ${verb}: \`sudo clawtunnel service ${verb}\`.`;
  const hint = scope === "system" && !isRoot ? asRoot : "`clawtunnel service status` shows how it stands.";
  return new Failure(failure.code, failure.message, { hint, cause: failure });
}

/** 0 when it came back with every tunnel that it had, else 1. */
export async function runServiceTest({ output, signal }: CliContext, { asJson }: ServiceArgs, machine: ServiceMachine): Promise<ExitCode> {
  const { service, facts } = await requireService(machine);
  const { run, pace, kill } = machine;
  const { snapshot } = machine.daemon(facts);
  const proof = await prove(service, { run, pace, snapshot, kill: (pid) => kill(pid) }, signal);
  const { killedPid, pid, backAfterMs, tunnels, verifiedAfterMs, notVerified } = proof;
  if (asJson) output.answer(JSON.stringify(proof));
  else {
    const title = managerTitles[service.manager];
    output.answer(
      [
        `${title} brought the daemon back in ${describeDuration(backAfterMs)}${verifiedAfterMs === null ? ", and not all of its tunnels" : ""}`,
        `killed pid ${killedPid}, as a crash would; pid ${pid} answered ${backAfterMs} ms later`,
        verifiedAfterMs === null
          ? `not verified again: ${notVerified.join(", ")}; see \`clawtunnel status\``
          : tunnels.length === 0
            ? "no tunnel was verified before, so there was none to come back"
            : `${tunnels.join(", ")} verified again ${verifiedAfterMs} ms after the kill`,
      ].join("\n  "),
    );
  }
  return verifiedAfterMs === null ? exitCode.failed : exitCode.done;
}
