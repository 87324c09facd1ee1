import { foreign } from "../../base/text.js";

/** One setting, and where it stands. Null: it is set nowhere, or not to be seen, and its default differs from system to system. */
export interface SshdSetting {
  readonly value: string;
  readonly evidence: string;
}

export interface SshdFacts {
  readonly passwordAuthentication: SshdSetting | null;
  readonly permitRootLogin: SshdSetting | null;
}

interface Line {
  readonly file: string;
  readonly number: string;
  readonly keyword: string;
  readonly value: string;
}

const mainFile = "/etc/ssh/sshd_config";
const includedFolder = "/etc/ssh/sshd_config.d/";

/**
 * What sshd does for everybody: of `sshd -T` where that may be run; else of its files, in the order in which it reads them, where
 * the first value wins (sshd_config(5)) and nothing from the first Match on is there. Pure.
 */
export function readSshdFacts(effective: readonly string[], written: readonly string[]): SshdFacts {
  const find = (keyword: string): SshdSetting | null => {
    const told = effective.find((line) => line.startsWith(`${keyword} `));
    if (told !== undefined) return { value: told.slice(keyword.length + 1).trim(), evidence: `sshd -T: ${foreign(told)}` };
    const line = inOrder(written.flatMap(readLine)).find((candidate) => candidate.keyword === keyword);
    if (line === undefined) return null;
    return { value: line.value.toLowerCase(), evidence: foreign(`${line.file}:${line.number}: ${line.keyword} ${line.value}`) };
  };
  return { passwordAuthentication: find("passwordauthentication"), permitRootLogin: find("permitrootlogin") };
}

function readLine(text: string): Line[] {
  const [, file = "", number = "", keyword = "", value = ""] = /^(\S+):(\d+): \s*(\w+)(?:\s*=\s*|\s+)(.*)$/.exec(text) ?? [];
  return file === "" ? [] : [{ file, number, keyword: keyword.toLowerCase(), value: value.trim().replaceAll('"', "") }];
}

/** With the files of the usual Include where it stands. */
function inOrder(lines: readonly Line[]): Line[] {
  return lines
    .filter(({ file }) => file === mainFile)
    .flatMap((line) => (line.keyword === "include" ? lines.filter(({ file }) => isIncluded(file, line.value)) : [line]));
}

/** sshd takes them sorted, as the shell that printed them did. */
function isIncluded(file: string, patterns: string): boolean {
  const name = file.slice(includedFolder.length);
  if (!file.startsWith(includedFolder)) return false;
  return patterns.split(/\s+/).some((pattern) => {
    const wanted = pattern.startsWith("/") ? pattern : `/etc/ssh/${pattern}`;
    if (wanted === file || wanted === `${includedFolder}*`) return true;
    return wanted.startsWith(`${includedFolder}*`) && name.endsWith(wanted.slice(includedFolder.length + 1));
  });
}
