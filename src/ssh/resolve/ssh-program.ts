import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";

/** The ssh that a shell of this user would run. */
export interface SshProgram {
  readonly path: string;
  /** Another text after an upgrade. */
  readonly state: string;
}

/** Looks anew at each call: an ssh may be installed while the daemon runs. */
export async function findSsh(env: NodeJS.ProcessEnv = process.env): Promise<SshProgram | undefined> {
  const name = process.platform === "win32" ? "ssh.exe" : "ssh";
  for (const folder of (env.PATH ?? env.Path ?? "").split(delimiter).filter(isAbsolute)) {
    const path = join(folder, name);
    try {
      await access(path, constants.X_OK);
      const { ino, size, mtimeMs } = await stat(path);
      return { path, state: `${path}:${ino}:${size}:${mtimeMs}` };
    } catch {
      // The next folder may have one.
    }
  }
  return undefined;
}
