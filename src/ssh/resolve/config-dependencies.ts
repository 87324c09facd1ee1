import { dirname, isAbsolute, join } from "node:path";
import { expandTilde } from "../../config/expand-home.js";
import { splitSshWords } from "../../config/ssh-option.js";

/** What a configuration depends on besides the text of its files. */
export interface ConfigDependencies {
  /** Folders in which a new file would be included. */
  readonly folders: readonly string[];
  /** The same files can mean something else the next time: a `Match exec`, the network, a name server. */
  readonly isVolatile: boolean;
}

interface ConfigText {
  readonly path: string;
  readonly text: string;
}

/** Seen from the texts alone, so in doubt volatile. A relative Include is meant from one of `includeFolders`: which depends on whose file it is. */
export function dependenciesOf(files: readonly ConfigText[], home: string, includeFolders: readonly string[]): ConfigDependencies {
  const lines = files.flatMap(({ text }) => text.split(/\r?\n/));
  const patterns = lines.flatMap((line) => splitSshWords(/^\s*include[\s=]+(.*)$/i.exec(line)?.[1] ?? ""));
  const folders = patterns.flatMap((pattern) => foldersOf(pattern, home, includeFolders));
  // In the middle of a path a new folder may bring files along; what is behind a variable only ssh knows.
  const isUnclear = patterns.some((pattern) => /[$%]/.test(pattern) || /[*?[]/.test(dirname(pattern)));
  const isVolatile = isUnclear || lines.some((line) => /^\s*match\b.*\b(?:exec|localnetwork)\b/i.test(line));
  return { folders: [...new Set(folders)], isVolatile };
}

function foldersOf(pattern: string, home: string, includeFolders: readonly string[]): string[] {
  const path = expandTilde(pattern, home);
  return isAbsolute(path) ? [dirname(path)] : includeFolders.map((folder) => dirname(join(folder, pattern)));
}
