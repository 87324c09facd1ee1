import { Failure } from "../../base/failure.js";
import { stopService } from "../../service/flows/start-and-stop.js";
import { lookAt, managerTitles } from "../../service/look.js";
import type { CliContext } from "../define-command.js";
import { findService } from "./find-service.js";
import { handsFor, type ServiceMachine } from "./machine.js";
import { startInstalled } from "./start-installed.js";

/**
 * Starts the daemon through the service that is installed for this home. Answers false, with a word to the person, when there is none or
 * its manager cannot do it: then somebody else has to. Throws why the daemon itself did not come up.
 */
export async function startByService({ output, signal }: CliContext, machine: ServiceMachine): Promise<boolean> {
  const found = await findService(machine);
  if (found === undefined) return false;
  const { manager, name } = found.service;
  try {
    const { pid } = await startInstalled("start", found, machine, signal);
    output.talk(`${managerTitles[manager]} started the daemon (pid ${pid})`);
    return true;
  } catch (error) {
    if (!isManagersFailure(error)) throw error;
    output.talk(`${name} cannot be started: ${error.message}`);
    output.talk(`  ${error.hint}\n  the daemon is started by hand, until the next logout or reboot`);
    return false;
  }
}

/**
 * Stops the service, so that its manager does not start the daemon again. Answers false when there is none to stop, or a daemon that
 * was started by hand still is to be ended. Throws when the manager refuses: it would start again what ended in any other way.
 */
export async function stopByService({ output, signal }: CliContext, machine: ServiceMachine): Promise<boolean> {
  const found = await findService(machine);
  if (found === undefined) return false;
  const { manager, name } = found.service;
  const { state } = await lookAt(found.service, machine.run);
  if (!["running", "starting", "waiting"].includes(state)) return false;
  const rest = await stopService(found.service, handsFor(machine, found.facts), signal);
  output.talk(`${managerTitles[manager]} has stopped ${name}; \`clawtunnel up\` starts it again, with every tunnel that is not down`);
  return rest === undefined;
}

function isManagersFailure(error: unknown): error is Failure {
  return error instanceof Failure && (error.code === "service-manager-failed" || error.code === "service-unavailable");
}
