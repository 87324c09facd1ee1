import { Failure } from "../base/failure.js";
import { chooseService, possibleWishes } from "./choose-service.js";
import type { ServiceFacts, ServiceWishes } from "./facts.js";
import { installedUser, isOwnDefinition } from "./foreign-definition.js";
import type { FileState } from "./layers.js";
import { lookAt } from "./look.js";
import type { RunCommand } from "./machine/run-command.js";
import { type ServiceFiles, textOf } from "./machine/service-files.js";
import type { Service } from "./service.js";

/** A service as it would be written now, beside what stands on the machine. */
export interface InstalledService {
  readonly service: Service;
  readonly facts: ServiceFacts;
  readonly files: readonly FileState[];
}

export interface SearchHands {
  readonly run: RunCommand;
  readonly files: ServiceFiles;
  /** Makes the service; a test brings its own. */
  readonly choose?: (facts: ServiceFacts) => Service;
}

/** Stands for the search path in a definition that is written only to be compared. */
const anyPath = "clawtunnel-any-search-path";

/**
 * The service of these facts that is installed, whatever was wished for then: of several ways to write a definition the one that
 * agrees with what is there, or else the first. Undefined when there is none. Looks, and changes nothing.
 */
export async function findInstalled(
  facts: ServiceFacts,
  scope: ServiceWishes["scope"],
  { run, files, choose = chooseService }: SearchHands,
): Promise<InstalledService | undefined> {
  let differing: InstalledService | undefined;
  for (const wishes of possibleWishes(facts, scope)) {
    const service = tryToChoose(choose, { ...facts, wishes });
    if (service === undefined || !(await isThere(service, facts, files, run))) continue;
    const probe = choose({ ...facts, wishes, searchPath: anyPath });
    const states = service.files.map((file, index) => stateOf(file.path, probe.files[index]?.contents ?? "", files));
    const found = { service, facts: { ...facts, wishes }, files: states };
    if (states.every(({ state }) => state === "same")) return found;
    differing ??= found;
  }
  return differing;
}

/** Some ways may not be possible with these facts; then nothing can have been installed so. */
function tryToChoose(choose: (facts: ServiceFacts) => Service, facts: ServiceFacts): Service | undefined {
  try {
    return choose(facts);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

async function isThere(service: Service, facts: ServiceFacts, files: ServiceFiles, run: RunCommand): Promise<boolean> {
  const [definition] = service.files;
  if (definition === undefined) return !["absent", "unreachable"].includes((await lookAt(service, run)).state);
  const stored = files.read(definition.path);
  if (stored === undefined) return false;
  const text = textOf(stored);
  // What a person wrote is not ours to judge, to start or to take away, and a definition of the whole machine may be another user's.
  const { name, uid } = facts.user;
  return isOwnDefinition(text) && (service.scope === "user" || [name, String(uid)].includes(installedUser(text) ?? name));
}

function stateOf(path: string, probe: string, files: ServiceFiles): FileState {
  const stored = files.read(path);
  if (stored === undefined) return { path, state: "missing" };
  // Another shell has another PATH, and what was written at the install is as good.
  return { path, state: isSameButForSearchPath(textOf(stored), probe) ? "same" : "different" };
}

/** Pure. `probe` has `anyPath` where the text has a search path. */
export function isSameButForSearchPath(text: string, probe: string): boolean {
  const parts = probe.split(anyPath).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^\\n]*")}$`).test(text);
}
