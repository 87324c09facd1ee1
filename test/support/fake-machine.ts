import { posix, win32 } from "node:path";
import type { ProgramLooks } from "../../src/service/program/looks.js";

export interface Layout {
  readonly platform?: NodeJS.Platform;
  readonly home?: string;
  readonly path?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly tempFolders?: readonly string[];
  /** Real files that are a node, each with its version; null for one that does not run. */
  readonly nodes?: Readonly<Record<string, string | null>>;
  /** Other files that are there. */
  readonly files?: readonly string[];
  /** Links to files or folders. */
  readonly links?: Readonly<Record<string, string>>;
  /** Folders that are there, with their mode. */
  readonly folders?: Readonly<Record<string, number>>;
}

/** A machine in memory: what is not in its layout is not there. */
export function fakeMachine(layout: Layout): ProgramLooks {
  const { platform = "linux", path = [], nodes = {}, files = [], links = {}, folders = {} } = layout;
  const { sep, delimiter } = platform === "win32" ? win32 : posix;
  const follow = (name: string): string => {
    const link = Object.keys(links).find((from) => name === from || name.startsWith(from + sep));
    return link === undefined ? name : follow((links[link] ?? "") + name.slice(link.length));
  };
  const isThere = (real: string) => Object.hasOwn(nodes, real) || files.some((file) => file === real || file.startsWith(real + sep));
  const realpath = (name: string) => (isThere(follow(name)) ? follow(name) : undefined);
  return {
    platform,
    home: layout.home ?? (platform === "win32" ? "C:\\Users\\me" : platform === "darwin" ? "/Users/me" : "/home/me"),
    env: { ...layout.env, PATH: path.join(delimiter) },
    tempFolders: layout.tempFolders ?? (platform === "win32" ? ["C:\\Users\\me\\AppData\\Local\\Temp"] : ["/tmp"]),
    realpath,
    isExecutable: (name) => Object.hasOwn(nodes, follow(name)),
    folderMode: (name) => folders[name],
    nodeVersion: async (name) => nodes[follow(name)] ?? undefined,
  };
}
