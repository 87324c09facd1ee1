import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { posix, resolve, win32 } from "node:path";
import type { Paths } from "../config/paths.js";
import type { ServiceWishes } from "./facts.js";

// What the definitions are called and where they stand, apart from all else that there is to know of the managers: most commands only
// want to know whether there is one.

type Scope = ServiceWishes["scope"];

/** What tells the services of two CLAWTUNNEL_HOMEs apart; null without one. */
export function instanceOf(env: Readonly<Record<string, string | undefined>>): string | null {
  const home = env.CLAWTUNNEL_HOME;
  return home ? createHash("sha256").update(resolve(home)).digest("hex").slice(0, 8) : null;
}

/** `clawtunnel`, or `clawtunnel-1a2b3c4d`: systemd's two units before the dot, and Windows' task behind the backslash. */
export function serviceName(instance: string | null): string {
  return instance === null ? "clawtunnel" : `clawtunnel-${instance}`;
}

/**
 * Not under XDG_CONFIG_HOME: the user's systemd looks there only if its own environment has that variable, and what a shell's files set
 * it has never seen.
 */
export function unitFolder(scope: Scope, home: string): string {
  return scope === "system" ? "/etc/systemd/system" : posix.join(home, ".config/systemd/user");
}

export function launchdLabel(instance: string | null): string {
  return instance === null ? "dev.clawtunnel.daemon" : `dev.clawtunnel.daemon.${instance}`;
}

export function plistPath(scope: Scope, home: string, instance: string | null): string {
  const folder = scope === "system" ? "/Library/LaunchDaemons" : posix.join(home, "Library/LaunchAgents");
  return posix.join(folder, `${launchdLabel(instance)}.plist`);
}

export function taskPath(stateDir: string): string {
  return win32.join(stateDir, "clawtunnel-task.xml");
}

interface Home {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly stateDir: string;
  readonly instance: string | null;
}

/** Where the definition of a service stands if there is one, the user's own first. Cron has none. */
export function definitionPaths({ platform, home, stateDir, instance }: Home): readonly string[] {
  const scopes = ["user", "system"] as const;
  switch (platform) {
    case "linux":
      return scopes.map((scope) => posix.join(unitFolder(scope, home), `${serviceName(instance)}.service`));
    case "darwin":
      return scopes.map((scope) => plistPath(scope, home, instance));
    case "win32":
      return [taskPath(stateDir)];
    default:
      return [];
  }
}

/** Whether it is worth to load what knows all about services: a look at a file or two. */
export function hasDefinition({ stateDir }: Pick<Paths, "stateDir">): boolean {
  return definitionPaths({ platform: process.platform, home: homedir(), stateDir, instance: instanceOf(process.env) }).some(existsSync);
}
