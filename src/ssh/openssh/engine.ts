import { Failure } from "../../base/failure.js";
import type { HostEngine } from "../session.js";

interface Folders {
  readonly stateDir: string;
  readonly runtimeDir: string;
}

export function createOpensshEngine(_folders: Folders): HostEngine {
  return {
    name: "openssh",
    connect: () => Promise.reject(new Failure("engine-unavailable", "this version cannot use the system's ssh yet")),
  };
}
