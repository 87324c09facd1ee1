import { Failure } from "../../base/failure.js";
import { usualWishes } from "../../service/choose-service.js";
import { definitionPaths } from "../../service/definition-place.js";
import { findInstalled, type InstalledService } from "../../service/find-installed.js";
import { installedUser, isOwnDefinition } from "../../service/foreign-definition.js";
import { textOf } from "../../service/machine/service-files.js";
import type { ServiceMachine } from "./machine.js";

/** The service that is installed for this home: the user's own, or one of the whole machine that runs as this user. Looks, and changes nothing. */
export async function findService(machine: ServiceMachine): Promise<InstalledService | undefined> {
  for (const scope of ["user", "system"] as const) {
    const facts = await machine.facts({ ...usualWishes, scope }, { mustLast: false });
    const found = await findInstalled(facts, scope, machine);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Throws `service-not-installed`. */
export async function requireService(machine: ServiceMachine): Promise<InstalledService> {
  const found = await findService(machine);
  if (found === undefined) throw new Failure("service-not-installed", "clawtunnel is not installed as a service here");
  return found;
}

/** A definition for the whole machine that is another user's. */
export async function findOfOther(machine: ServiceMachine): Promise<{ readonly path: string; readonly owner: string } | undefined> {
  const { platform, instance, user, paths } = await machine.facts({ ...usualWishes, scope: "system" }, { mustLast: false });
  const path = definitionPaths({ platform, instance, home: user.home, stateDir: paths.stateDir })[1];
  const stored = path === undefined ? undefined : machine.files.read(path);
  const text = stored === undefined ? "" : textOf(stored);
  const owner = isOwnDefinition(text) ? installedUser(text) : undefined;
  return path === undefined || owner === undefined || [user.name, String(user.uid)].includes(owner) ? undefined : { path, owner };
}
