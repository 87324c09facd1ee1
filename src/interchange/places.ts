import { join } from "node:path";
import type { SourceKind } from "./kind.js";

/** What the usual places depend on. */
export interface PlaceFacts {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Where the one file of a program stands, the likeliest first. A service has many, and a name: see `servicePlaces`. */
export function usualFiles(kind: SourceKind, { platform, home, env }: PlaceFacts): string[] {
  const config = env.XDG_CONFIG_HOME || join(home, ".config");
  const appData = env.APPDATA || join(home, "AppData", "Roaming");
  const support = join(home, "Library", "Application Support");
  const perPlatform = (program: string, onMac: string) =>
    join(platform === "win32" ? appData : platform === "darwin" ? onMac : config, program);
  switch (kind) {
    case "ssh-config":
      return [join(home, ".ssh", "config")];
    case "boring":
      return [...(env.BORING_CONFIG ? [env.BORING_CONFIG] : []), join(config, "boring", ".boring.toml"), join(home, ".boring.toml")];
    case "tunlite":
      return [
        ...(env.TUNLITE_HOME ? [join(env.TUNLITE_HOME, "config", "config.json")] : []),
        join(perPlatform("tunlite", config), "config.json"),
      ];
    case "portato":
      return [join(perPlatform("portato", support), "config.yaml")];
    default:
      return [];
  }
}

/** The files that a service of this name may stand in, the user's own first. An instance of a template stands in the template's. */
export function servicePlaces(name: string, { platform, home, env }: PlaceFacts): string[] {
  if (/[/\\]/.test(name)) return [];
  const file = name.replace(/@[^@]*?(\.service)?$/, (_, suffix: string | undefined) => `@${suffix ?? ""}`);
  const config = env.XDG_CONFIG_HOME || join(home, ".config");
  if (platform === "darwin") {
    const folders = [join(home, "Library", "LaunchAgents"), "/Library/LaunchAgents", "/Library/LaunchDaemons"];
    return folders.map((folder) => join(folder, name.endsWith(".plist") ? name : `${name}.plist`));
  }
  const data = env.XDG_DATA_HOME || join(home, ".local", "share");
  const user = [
    join(config, "systemd", "user"),
    join(data, "systemd", "user"),
    "/etc/systemd/user",
    "/usr/local/lib/systemd/user",
    "/usr/lib/systemd/user",
  ];
  const system = ["/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];
  return [...user, ...system].map((folder) => join(folder, file.endsWith(".service") ? file : `${file}.service`));
}
