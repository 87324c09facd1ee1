import { Failure } from "../../base/failure.js";
import type { InstalledService } from "../../service/find-installed.js";
import { startService } from "../../service/flows/start-and-stop.js";
import type { DaemonAnswer, Step } from "../../service/service.js";
import { lookAtLayers } from "./look-at-layers.js";
import { handsFor, type ServiceMachine } from "./machine.js";

/** Starts what is installed. Throws as `startService` does, and `service-unavailable` where its program is gone. */
export async function startInstalled(
  verb: "start" | "restart",
  found: InstalledService,
  machine: ServiceMachine,
  signal: AbortSignal,
  onStep: (step: Step) => void = () => {},
): Promise<DaemonAnswer> {
  await refuseWithoutProgram(found, machine);
  return startService(verb, found.service, handsFor(machine, found.facts, onStep), signal);
}

/** What cannot be started would be tried in vain for long, and a daemon that runs all the same would be ended for it. */
async function refuseWithoutProgram(found: InstalledService, machine: ServiceMachine): Promise<void> {
  const { drift } = await lookAtLayers(found, machine);
  const missing = drift.find(({ code }) => code === "node-missing" || code === "script-missing");
  if (missing !== undefined) throw new Failure("service-unavailable", missing.message, { hint: missing.hint });
}
