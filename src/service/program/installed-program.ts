import type { ManagerName } from "../service.js";

/** What an installed definition starts. */
export interface InstalledProgram {
  readonly node: string;
  readonly script: string;
}

export async function readInstalledProgram(_manager: ManagerName, _text: string): Promise<InstalledProgram | undefined> {
  return undefined;
}
