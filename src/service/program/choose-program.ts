import type { Program } from "../facts.js";
import { chooseNode } from "./choose-node.js";
import { chooseScript } from "./choose-script.js";
import { daemonNodeOptions } from "./daemon-command.js";
import type { Choice } from "./judge-path.js";
import { type ProgramLooks, pathsOf } from "./looks.js";

/** What runs now. */
export interface RunningProgram {
  /** `process.execPath` */
  readonly execPath: string;
  /** The package's, with links followed. */
  readonly folder: string;
}

/** The command line of the service, as far as it says which node and which clawtunnel. Throws `program-unstable`. */
export async function chooseProgram({ execPath, folder }: RunningProgram, looks: ProgramLooks): Promise<Program> {
  // What cannot be told of clawtunnel is told first: another one often comes with another node.
  const script = chooseScript(folder, looks);
  const node = await chooseNode(execPath, looks);
  return { node: node.path, nodeOptions: daemonNodeOptions, script: script.path, warnings: warningsOf(node, script, looks) };
}

/** A version manager has both in one folder, and one warning does for both. */
function warningsOf(node: Choice, script: Choice, looks: ProgramLooks): string[] {
  const { judgement } = script;
  if (judgement.is !== "versioned") return [...node.warnings, ...script.warnings];
  const real = looks.realpath(node.path) ?? node.path;
  const isOfOne = real.startsWith(judgement.folder + pathsOf(looks.platform).sep);
  if (isOfOne) return [...script.warnings, ...(node.judgement.is === "versioned" ? [] : node.warnings)];
  const isBesideNode = /[/\\]node_modules[/\\]/.test(script.path.slice(judgement.folder.length));
  const mixed = `${node.path} and clawtunnel belong to two installs of node: when ${judgement.folder} is removed the service has no clawtunnel any more`;
  return [...node.warnings, ...script.warnings, ...(isBesideNode && judgement.manager !== "pnpm" ? [mixed] : [])];
}
