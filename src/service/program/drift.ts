import type { Program } from "../facts.js";
import type { ServiceFinding } from "../service.js";
import { isSamePath } from "./choose-node.js";
import type { InstalledProgram } from "./installed-program.js";
import type { ProgramLooks } from "./looks.js";
import { isNodeNewEnough, oldestNode } from "./node-version.js";

/** What an installed definition starts, and what has become of it since. */
export interface InstalledNow extends InstalledProgram {
  readonly hasNode: boolean;
  /** Null when it does not say. */
  readonly nodeVersion: string | null;
  readonly hasScript: boolean;
}

export async function lookAtInstalled(installed: InstalledProgram, looks: ProgramLooks): Promise<InstalledNow> {
  const hasNode = looks.isExecutable(installed.node);
  const nodeVersion = hasNode ? ((await looks.nodeVersion(installed.node)) ?? null) : null;
  return { ...installed, hasNode, nodeVersion, hasScript: looks.realpath(installed.script) !== undefined };
}

const again = "Run `clawtunnel install` again: it writes the one that is there now.";

/** What of an installed service will not start, or is not what `install` would write now; `wanted` is null where that cannot be told. Pure. */
export function driftFindings(installed: InstalledNow, wanted: Program | null, platform: NodeJS.Platform): ServiceFinding[] {
  const { node, hasNode, nodeVersion, script, hasScript } = installed;
  const hasMoved = (from: string, to: string | undefined) => to !== undefined && !isSamePath(from, to, platform);
  const findings: ServiceFinding[] = [];
  const find = (code: string, message: string) => findings.push({ code, message, hint: again });
  if (!hasNode) find("node-missing", `the service starts ${node}, which is not there any more`);
  else if (nodeVersion !== null && !isNodeNewEnough(nodeVersion))
    find("node-too-old", `the service starts ${node}, which is node ${nodeVersion} now and would have to be ${oldestNode} or newer`);
  else if (hasMoved(node, wanted?.node))
    find("node-moved", `the service starts ${node}, and \`clawtunnel install\` would write ${wanted?.node} now`);
  if (!hasScript) find("script-missing", `the service runs ${script}, which is not there any more`);
  else if (hasMoved(script, wanted?.script)) find("script-moved", `the service runs ${script}, and this clawtunnel is ${wanted?.script}`);
  return findings;
}
