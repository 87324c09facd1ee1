import { usualWishes } from "../../service/choose-service.js";
import { compareLayers } from "../../service/layers.js";
import { managerTitles } from "../../service/look.js";
import { olderWayFindings } from "../../service/older-ways/older-way-findings.js";
import type { ServiceFinding } from "../../service/service.js";
import { findService } from "./find-service.js";
import { lookAtLayers } from "./look-at-layers.js";
import type { ServiceMachine } from "./machine.js";

/** How the daemon is kept running, for `doctor`. */
export interface ServiceExamination {
  /** `clawtunnel.service of systemd`; null when no service is installed. */
  readonly name: string | null;
  readonly findings: readonly ServiceFinding[];
}

/** What is amiss with the service, and what else on this machine has to do with our forwards. */
export async function examineService(machine: ServiceMachine, signal: AbortSignal): Promise<ServiceExamination> {
  const found = await findService(machine);
  const facts = found?.facts ?? (await machine.facts(usualWishes, { mustLast: false }));
  const { matched } = await machine.olderWays(facts, signal);
  const older = olderWayFindings(matched);
  if (found === undefined) return { name: null, findings: older };
  const { findings } = compareLayers(await lookAtLayers(found, machine));
  return { name: `${found.service.name} of ${managerTitles[found.service.manager]}`, findings: [...findings, ...older] };
}
