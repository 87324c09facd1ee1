import type { Program } from "../facts.js";
import type { ServiceFinding } from "../service.js";
import type { InstalledProgram } from "./installed-program.js";
import { isSamePath, type ProgramLooks } from "./looks.js";
import { isNodeNewEnough, oldestNode } from "./node-version.js";

const again = "Run `clawtunnel install` again: it writes the one that is there now.";

/** What of an installed service will not start, or is not what `install` would write now. */
export async function findDrift({ node, script }: InstalledProgram, wanted: Program, looks: ProgramLooks): Promise<ServiceFinding[]> {
  const hasMoved = (from: string, to: string) => !isSamePath(from, to, looks.platform);
  const hasNode = looks.isExecutable(node);
  const version = hasNode ? await looks.nodeVersion(node) : undefined;
  const findings: ServiceFinding[] = [];
  const find = (code: string, message: string) => findings.push({ code, message, hint: again });
  if (!hasNode) find("node-missing", `the service starts ${node}, which is not there any more`);
  else if (version !== undefined && !isNodeNewEnough(version))
    find("node-too-old", `the service starts ${node}, which is node ${version} now and would have to be ${oldestNode} or newer`);
  else if (hasMoved(node, wanted.node))
    find("node-moved", `the service starts ${node}, and \`clawtunnel install\` would write ${wanted.node} now`);
  if (looks.realpath(script) === undefined) find("script-missing", `the service runs ${script}, which is not there any more`);
  else if (hasMoved(script, wanted.script)) find("script-moved", `the service runs ${script}, and this clawtunnel is ${wanted.script}`);
  return findings;
}
