import { posix } from "node:path";
import { type ProgramLooks, pathsOf } from "./looks.js";

/**
 * Other names that what stands at `real` may have, and that outlive an upgrade: the links that package managers keep. Whether they lead
 * there is for the caller to see. Pure.
 */
export function stableNames(real: string, what: "node" | "package", { platform, home, env }: ProgramLooks): string[] {
  if (platform === "win32") return windowsNames(real, what, env);
  const within = (pattern: RegExp, name: (...parts: string[]) => string[]): string[] => {
    const [whole, ...parts] = pattern.exec(real) ?? [];
    return whole === undefined ? [] : name(...parts);
  };
  return [
    // A package that npm has put beside a version of node goes with that version, whatever the link is called.
    ...within(/^(.*)\/Cellar\/([^/]+)\/[^/]+\/(.*)$/, (prefix, formula = "", rest = "") =>
      what === "package" && /^node(?:@|$)/.test(formula) ? [] : [`${prefix}/opt/${formula}/${rest}`],
    ),
    ...within(/^((?:\/var\/lib\/snapd)?\/snap\/[^/]+)\/\d+\/(.*)$/, (snap, rest) => [`${snap}/current/${rest}`]),
    ...within(/^\/(?:nix|gnu)\/store\/[^/]+\/(.*)$/, (rest = "") => profilesOf(home).map((profile) => posix.join(profile, rest))),
    ...within(/^(.*\/mise\/installs\/([^/]+))\/(\d+)[^/]*\/(.*)$/, (tool, name = "", major, rest) =>
      what === "package" && !name.startsWith("npm-") ? [] : [major, "lts", "latest"].map((alias) => `${tool}/${alias}/${rest}`),
    ),
    ...within(/^(.*)\/node-versions\/[^/]+\/installation\/(bin\/node)$/, (fnm, rest) => [`${fnm}/aliases/default/${rest}`]),
    ...within(/^(.*)\/\.pnpm\/[^/]+\/node_modules\/([^/]+)$/, (folder, name) => [`${folder}/node_modules/${name}`, `${folder}/${name}`]),
  ];
}

function profilesOf(home: string): string[] {
  return [
    posix.join(home, ".nix-profile"),
    posix.join(home, ".local/state/nix/profile"),
    posix.join("/etc/profiles/per-user", posix.basename(home)),
    "/run/current-system/sw",
    "/nix/var/nix/profiles/default",
    posix.join(home, ".guix-profile"),
    "/run/current-system/profile",
  ];
}

function windowsNames(real: string, what: "node" | "package", env: ProgramLooks["env"]): string[] {
  const { join } = pathsOf("win32");
  const names: string[] = [];
  const scoop = /^(.*\\scoop\\apps\\[^\\]+)\\[^\\]+\\(.*)$/i.exec(real);
  if (scoop !== null) names.push(`${scoop[1]}\\current\\${scoop[2]}`);
  const fnm = /^(.*\\fnm)\\node-versions\\[^\\]+\\installation\\node\.exe$/i.exec(real);
  if (fnm !== null) names.push(`${fnm[1]}\\aliases\\default\\node.exe`);
  // The link that nvm-windows moves with `nvm use`.
  if (what === "node" && env.NVM_SYMLINK) names.push(join(env.NVM_SYMLINK, "node.exe"));
  const pnpm = /^(.*)\\\.pnpm\\[^\\]+\\node_modules\\([^\\]+)$/i.exec(real);
  if (pnpm !== null) names.push(`${pnpm[1]}\\node_modules\\${pnpm[2]}`, `${pnpm[1]}\\${pnpm[2]}`);
  return names;
}

/** Where a node that the system has stands. */
export function usualNodes({ platform, home, env }: ProgramLooks): string[] {
  if (platform === "win32") return [`${env.ProgramFiles ?? "C:\\Program Files"}\\nodejs\\node.exe`];
  const profiles = profilesOf(home).map((profile) => posix.join(profile, "bin/node"));
  const own =
    platform === "darwin"
      ? ["/opt/homebrew/bin/node", "/usr/local/bin/node", "/opt/local/bin/node"]
      : ["/usr/local/bin/node", "/usr/bin/node"];
  return [...own, "/snap/node/current/bin/node", "/home/linuxbrew/.linuxbrew/bin/node", ...profiles];
}
