import type { ProgramLooks } from "./looks.js";

export function serviceSearchPath(path: string | undefined, _looks: ProgramLooks): string {
  return path ?? "";
}
