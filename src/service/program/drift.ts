import type { Program } from "../facts.js";
import type { ServiceFinding } from "../service.js";
import type { InstalledProgram } from "./installed-program.js";
import type { ProgramLooks } from "./looks.js";

export interface InstalledNow extends InstalledProgram {
  readonly hasNode: boolean;
  readonly nodeVersion: string | null;
  readonly hasScript: boolean;
}

export async function lookAtInstalled(installed: InstalledProgram, _looks: ProgramLooks): Promise<InstalledNow> {
  return { ...installed, hasNode: true, nodeVersion: null, hasScript: true };
}

export function driftFindings(_installed: InstalledNow, _wanted: Program | null, _platform: NodeJS.Platform): ServiceFinding[] {
  return [];
}
