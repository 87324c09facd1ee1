import { posix, win32 } from "node:path";

/** The machine as far as the choice of a program depends on it; a test has one in memory. */
export interface ProgramLooks {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folders that are emptied now and then, beside the usual ones. */
  readonly tempFolders: readonly string[];
  /** With every link followed; undefined when nothing is there. */
  realpath(path: string): string | undefined;
  isExecutable(path: string): boolean;
  /** The permission bits of a folder; undefined when it is none. */
  folderMode(path: string): number | undefined;
  /** `20.19.0`, from the program itself; undefined when it is no node that runs. */
  nodeVersion(path: string): Promise<string | undefined>;
}

export function pathsOf(platform: NodeJS.Platform): typeof posix {
  return platform === "win32" ? win32 : posix;
}

/** The folders of PATH in their order, as they stand there. Quotes around one mean nothing to Windows. */
export function splitSearchPath(text: string | undefined, platform: NodeJS.Platform): string[] {
  const folders = (text ?? "").split(pathsOf(platform).delimiter);
  return platform === "win32" ? folders.map((folder) => folder.replace(/^"(.*)"$/, "$1")) : folders;
}

export function isSamePath(one: string, other: string, platform: NodeJS.Platform): boolean {
  return one === other || (platform === "win32" && one.toLowerCase() === other.toLowerCase());
}
