import type { InstalledService } from "../../service/find-installed.js";
import type { Layers } from "../../service/layers.js";
import { lookAt } from "../../service/look.js";
import { textOf } from "../../service/machine/service-files.js";
import type { ServiceMachine } from "./machine.js";

/** What file, manager and daemon each say now. */
export async function lookAtLayers({ service, facts, files }: InstalledService, machine: ServiceMachine): Promise<Layers> {
  // What names node and script: of the definition and what it runs, whichever it is.
  const texts = service.files.flatMap(({ path }) => machine.files.read(path) ?? []).map(textOf);
  const definitions = texts.length > 0 ? texts : [facts.crontab ?? ""];
  const [manager, daemon, ...drift] = await Promise.all([
    lookAt(service, machine.run),
    machine.daemon(facts).ask(),
    ...definitions.map((text) => machine.drift(service.manager, text, facts)),
  ]);
  const lastExit = machine.lastExit(facts) ?? null;
  return { service, files, drift: drift.flat(), manager, daemon: daemon ?? null, version: machine.version, lastExit };
}
