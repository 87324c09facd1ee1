import { homedir } from "node:os";
import type { Paths } from "../../config/paths.js";
import { mayBeInstalled } from "../../service/instance.js";

/** Whether it is worth to load what knows all about services: a look at a file or two. */
export function hasDefinition({ stateDir }: Pick<Paths, "stateDir">): boolean {
  return mayBeInstalled({ platform: process.platform, env: process.env, home: homedir(), stateDir });
}
