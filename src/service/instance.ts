import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { posix, resolve, win32 } from "node:path";

/** What tells the services of two CLAWTUNNEL_HOMEs apart; null without one. */
export function instanceOf(env: Readonly<Record<string, string | undefined>>): string | null {
  const home = env.CLAWTUNNEL_HOME;
  return home ? createHash("sha256").update(resolve(home)).digest("hex").slice(0, 8) : null;
}

export interface WhereToLook {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Of the daemon's files. */
  readonly stateDir: string;
}

/**
 * Where the definition of a service stands if there is one, the user's own first: to see whether there is any without loading what
 * knows all about it. Cron has none.
 */
export function definitionPaths({ platform, env, home, stateDir }: WhereToLook): readonly string[] {
  const instance = instanceOf(env);
  switch (platform) {
    case "linux": {
      const unit = `clawtunnel${instance === null ? "" : `-${instance}`}.service`;
      return [posix.join(home, ".config", "systemd", "user", unit), posix.join("/etc/systemd/system", unit)];
    }
    case "darwin": {
      const list = `dev.clawtunnel.daemon${instance === null ? "" : `.${instance}`}.plist`;
      return [posix.join(home, "Library", "LaunchAgents", list), posix.join("/Library/LaunchDaemons", list)];
    }
    case "win32":
      return [win32.join(stateDir, "clawtunnel-task.xml")];
    default:
      return [];
  }
}

/** Costs a look at a file or two. */
export function mayBeInstalled(where: WhereToLook): boolean {
  return definitionPaths(where).some(existsSync);
}
