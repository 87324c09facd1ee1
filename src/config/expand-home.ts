import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/** `~` and `~/` as the home folder; every other path as it is. */
export function expandTilde(path: string, home = homedir()): string {
  return /^~($|[\\/])/.test(path) ? join(home, path.slice(1)) : path;
}

/** A path of our config: a relative one is meant from the home folder, because a daemon has no other place. */
export function expandHome(path: string): string {
  const expanded = expandTilde(path);
  return isAbsolute(expanded) ? expanded : resolve(homedir(), expanded);
}
