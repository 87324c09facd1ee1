import { readlink } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { dumpConfig } from "../../ssh/resolve/run-ssh-g.js";

/** What the ssh of the process `pid` makes of `words` and its configuration files, as `ssh -G` prints it; undefined when it does not say. */
export type SshResolver = (pid: number, words: readonly string[]) => Promise<string | undefined>;

/** As `words` for the same program; another ssh may read other files, and know other keywords. Never throws. */
export const resolveSsh: SshResolver = async (pid, words) => dumpConfig(await programOf(pid), words).catch(() => undefined);

/** The file that a process runs, where that may be seen; after an upgrade the one that has come in its place. */
async function programOf(pid: number): Promise<string> {
  const path = await readlink(`/proc/${pid}/exe`).catch(() => "");
  return isAbsolute(path) ? path.replace(/ \(deleted\)$/, "") : "ssh";
}
