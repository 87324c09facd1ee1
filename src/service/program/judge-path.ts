import type { ProgramLooks } from "./looks.js";

/**
 * How long a path will be there. `versioned`: until that version is removed, which its manager does or a person at an upgrade; `folder`
 * is the version's. `fleeting`: it may be gone tomorrow.
 */
export type Judgement = { readonly is: "stable" } | Versioned | { readonly is: "fleeting"; readonly why: string };

interface Versioned {
  readonly is: "versioned";
  readonly folder: string;
  readonly manager: string | null;
}

export interface Judged {
  readonly path: string;
  readonly judgement: Judgement;
}

/** A path that can be written into a service. */
export interface Choice extends Judged {
  readonly warnings: readonly string[];
}

/** Of several names of one thing; undefined where none of them will be there tomorrow. */
export function longestLasting(names: readonly Judged[]): Judged | undefined {
  return names.find(({ judgement }) => judgement.is === "stable") ?? names.find(({ judgement }) => judgement.is === "versioned");
}

/** ` (nvm)`, behind what it manages. */
export function byManager({ manager }: Versioned): string {
  return manager === null ? "" : ` (${manager})`;
}

type Place = Pick<ProgramLooks, "platform" | "home" | "tempFolders">;

const fleetingPlaces: readonly (readonly [place: RegExp, why: string])[] = [
  [/\/fnm_multishells\//i, "fnm makes that folder for one shell session"],
  [/\/_npx\//i, "npx keeps it in a cache that is cleaned"],
  [/\/(?:dlx|dlx-[^/]*|bunx-[^/]*)\//i, "it is fetched anew each time it is run"],
  [/\/node_modules\/\.bin\//i, "it belongs to the project that it is in"],
  [/^\/(?:nix|gnu)\/store\//, "it is removed with the store's next garbage collection"],
  [/^\/(?:tmp|var\/tmp|var\/folders|dev|proc|run\/user)\//, "that folder is emptied"],
];

const managers: readonly (readonly [place: RegExp, name: string])[] = [
  [/\/Cellar\//, "Homebrew"],
  [/\/\.?nvm\//i, "nvm"],
  [/\/\.?fnm\//i, "fnm"],
  [/\/\.?volta\//i, "volta"],
  [/\/\.?asdf\//, "asdf"],
  [/\/mise\//, "mise"],
  [/\/\.nodenv\//, "nodenv"],
  [/\/\.pnpm\/|\/pnpm\//, "pnpm"],
];

const shims = /\/shims\/|\/\.volta\/bin\/|\/volta\/(?:bin\/)?node\.exe$|^(?:\/var\/lib\/snapd)?\/snap\/bin\//i;

/** Whether a version manager decides behind this path what is run, and runs it as its child or in another cgroup: no service can watch that. */
export function isShim(path: string): boolean {
  return shims.test(path.replace(/\\/g, "/"));
}

/** Pure: what stands in the path tells. */
export function judgePath(path: string, place: Place): Judgement {
  const text = plain(path, place);
  // A temporary folder that holds the home folder would make all of that fleeting.
  const isTemporary = (folder: string) => isWithin(text, folder, place) && !isWithin(plain(place.home, place), folder, place);
  if (place.tempFolders.some((folder) => isTemporary(plain(folder, place)))) return { is: "fleeting", why: "that folder is emptied" };
  const fleeting = fleetingPlaces.find(([pattern]) => pattern.test(text));
  if (fleeting !== undefined) return { is: "fleeting", why: fleeting[1] };
  const folder = versionFolder(path, place);
  if (folder === undefined) return { is: "stable" };
  return { is: "versioned", folder, manager: managers.find(([pattern]) => pattern.test(text))?.[1] ?? null };
}

/** Whether `path` is `folder` or in it, as `plain` writes both. */
function isWithin(path: string, folder: string, { platform }: Place): boolean {
  const spell = (text: string) => (platform === "win32" ? text.toLowerCase() : text);
  const bare = spell(folder.replace(/\/+$/, ""));
  return bare !== "" && `${spell(path)}/`.startsWith(`${bare}/`);
}

/** With forward slashes; what macOS puts before its own temporary folders is taken off. */
function plain(path: string, { platform }: Place): string {
  if (platform === "win32") return path.replace(/\\/g, "/");
  return platform === "darwin" ? path.replace(/^\/private\//, "/") : path;
}

/** Up to the part that is a version, or has one in it: `v22.1.0`, `24.1.0_1`, `node-v20.19.0-linux-x64`, `clawtunnel@0.1.0`. */
function versionFolder(path: string, { home }: Place): string | undefined {
  // What the home folder is called is no version.
  const start = path.startsWith(home) ? home.length : 0;
  const found = /^.*?[/\\](?:[^/\\]*[-@_])?v?\d+\.\d+\.\d+[^/\\]*(?=[/\\])/.exec(path.slice(start))?.[0];
  return found === undefined ? undefined : path.slice(0, start) + found;
}
