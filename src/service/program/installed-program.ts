import type { ManagerName } from "../../base/manager-name.js";
import { readPlist } from "../../interchange/services/plist-value.js";
import { readUnitFile } from "../../interchange/services/unit-file.js";
import { expandSpecifiers, splitUnitWords } from "../../interchange/services/unit-words.js";
import { readShellCommand } from "../../interchange/ssh/shell-words.js";

/** What an installed definition starts. */
export interface InstalledProgram {
  readonly node: string;
  readonly script: string;
}

const scriptName = "clawtunnel-daemon.js";

/**
 * The node and the script in the definition that is installed: the unit, the property list, the launcher that the task runs, the
 * crontab. Undefined when they cannot be told, and then the definition is none that `install` would write.
 */
export async function readInstalledProgram(manager: ManagerName, text: string): Promise<InstalledProgram | undefined> {
  switch (manager) {
    case "systemd":
      return fromUnit(text);
    case "launchd":
      return fromPlist(text);
    case "task-scheduler":
      return fromLauncher(text);
    case "cron":
      return fromCrontab(text);
  }
}

/** The word before the script that is no option of node's. */
function fromWords(argv: readonly string[]): InstalledProgram | undefined {
  const at = argv.findIndex((word) => word.split(/[/\\]/).at(-1) === scriptName);
  const script = argv[at];
  const node = argv.slice(0, Math.max(at, 0)).findLast((word) => !word.startsWith("-"));
  return script === undefined || node === undefined ? undefined : { node, script };
}

function fromUnit(text: string): InstalledProgram | undefined {
  const command = readUnitFile(text).settings.findLast(
    ({ section, key, value }) => section === "Service" && key === "ExecStart" && value !== "",
  );
  const words = splitUnitWords(command?.value.replace(/^[-@:+!|]*/, "") ?? "");
  if (typeof words === "string") return undefined;
  const [program, ...others] = words.map((word) => expandSpecifiers(word, {}) ?? word);
  // A dollar sign is doubled in arguments alone.
  return program === undefined ? undefined : fromWords([program, ...others.map((word) => word.replaceAll("$$", "$"))]);
}

async function fromPlist(text: string): Promise<InstalledProgram | undefined> {
  const read = await readPlist(text);
  if (typeof read === "string" || typeof read.value !== "object" || !("ProgramArguments" in read.value)) return undefined;
  const { ProgramArguments } = read.value;
  return Array.isArray(ProgramArguments) ? fromWords(ProgramArguments.map(String)) : undefined;
}

/** The launcher is a program in JScript with both paths in quotes, within a text that has its own. */
function fromLauncher(text: string): InstalledProgram | undefined {
  const plain = text.replace(/\\(?:u([\dA-Fa-f]{4})|x([\dA-Fa-f]{2})|(.))/g, (_, long?: string, short?: string, letter?: string) =>
    letter === undefined ? String.fromCharCode(Number.parseInt(long ?? short ?? "", 16)) : letter,
  );
  const node = /"([^"\n]*[/\\]node(?:\.exe)?)"/i.exec(plain)?.[1];
  const script = /"([^"\n]*[/\\]clawtunnel-daemon\.js)"/i.exec(plain)?.[1];
  return node === undefined || script === undefined ? undefined : { node, script };
}

function fromCrontab(text: string): InstalledProgram | undefined {
  const line = text.split("\n").find((found) => found.includes(scriptName) && !/^\s*#/.test(found));
  const command = readShellCommand(line?.replace(/^\s*@\w+\s+/, "").replaceAll("\\%", "%") ?? "", {});
  return typeof command === "string" ? undefined : fromWords(command.words);
}
