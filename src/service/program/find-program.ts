import { Failure } from "../../base/failure.js";
import type { Program } from "../facts.js";
import type { ProgramLooks } from "./looks.js";

export async function findProgram(_looks: ProgramLooks = programLooks()): Promise<Program> {
  throw new Failure("service-unavailable", "the program that a service runs cannot be found out yet");
}

export function programLooks(): ProgramLooks {
  return { platform: process.platform };
}
