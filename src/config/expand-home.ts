import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/** `~/` as the home folder; a relative path is meant from the home folder too, because a daemon has no other place. */
export function expandHome(path: string): string {
  if (/^~($|[\\/])/.test(path)) return join(homedir(), path.slice(1));
  return isAbsolute(path) ? path : resolve(homedir(), path);
}
