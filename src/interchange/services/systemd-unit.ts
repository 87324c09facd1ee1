import { type FoundTunnel, type LeftOut, lost, needless, type Reading, shorten } from "../reading.js";
import { readCommandWords } from "../ssh/read-command-text.js";
import { describeAssignment } from "../ssh/unwrap-command.js";
import { readUnitFile, type UnitSetting } from "./unit-file.js";
import { expandSpecifiers, expandVariables, type Specifiers, splitUnitWords } from "./unit-words.js";

export interface UnitContext {
  /** `autossh@db.service`. */
  readonly unitName: string;
  readonly specifiers: Specifiers;
  /** The text of an EnvironmentFile=, if it can be read. */
  readonly readFile: (path: string) => string | undefined;
}

/** What runs ssh or autossh in a unit of systemd. */
export function readSystemdUnit(text: string, context: UnitContext): Reading {
  const { settings, stray } = readUnitFile(text);
  const leftOut: LeftOut[] = stray.map((line) => lost(shorten(line), "it is no setting of a unit"));
  const environment = readEnvironment(settings, context, leftOut);
  const folder = folderOf(settings, context);
  const tunnels: FoundTunnel[] = [];
  const commands = lastList(settings, "ExecStart").flatMap(splitCommands);
  for (const { value, line } of commands) {
    const argv = readArgv(value, context, environment);
    const source = `ExecStart=, line ${line}`;
    const found = typeof argv === "string" ? argv : readCommandWords(argv, source, { folder, variables: environment });
    if (typeof found === "string") leftOut.push(lost(`ExecStart=${shorten(value)}`, found));
    else tunnels.push({ ...found, name: context.unitName.replace(/\.service$/, "") });
  }
  if (commands.length === 0) leftOut.push(lost("[Service]", "it has no ExecStart="));
  const others = settings.filter(({ key }) => !["ExecStart", "Environment", "EnvironmentFile", "WorkingDirectory"].includes(key));
  return { tunnels, leftOut: [...leftOut, ...others.map(describeSetting)] };
}

/** An empty value takes back what stands before it. */
function lastList(settings: readonly UnitSetting[], key: string): UnitSetting[] {
  const own = settings.filter((setting) => setting.section === "Service" && setting.key === key);
  return own.slice(own.findLastIndex(({ value }) => value === "") + 1);
}

/** Several commands in one line are parted by a semicolon that is a word of its own. */
function splitCommands(setting: UnitSetting): UnitSetting[] {
  return setting.value.split(/\s;\s/).map((value) => ({ ...setting, value: value.trim() }));
}

function readArgv(text: string, context: UnitContext, environment: Readonly<Record<string, string>>): string[] | string {
  const [, prefix = "", command = ""] = /^([-@:+!|]*)(.*)$/s.exec(text) ?? [];
  const words = splitUnitWords(command);
  if (typeof words === "string") return words;
  const expanded: string[] = [];
  for (const word of words) {
    const known = expandSpecifiers(word, context.specifiers);
    if (known === undefined) return `of "${word}" a specifier is not known`;
    expanded.push(known);
  }
  const argv = prefix.includes(":") ? expanded : expandVariables(expanded, environment);
  // With @ the second word is only what the program is called by.
  return prefix.includes("@") ? [...argv.slice(0, 1), ...argv.slice(2)] : argv;
}

function readEnvironment(settings: readonly UnitSetting[], context: UnitContext, leftOut: LeftOut[]): Record<string, string> {
  const environment: Record<string, string> = {};
  const set = (assignment: string) => {
    const at = assignment.indexOf("=");
    if (at <= 0) return;
    environment[assignment.slice(0, at)] = assignment.slice(at + 1);
    leftOut.push(describeAssignment(assignment));
  };
  for (const { value } of lastList(settings, "Environment")) {
    const words = splitUnitWords(value);
    if (typeof words === "string") leftOut.push(lost(`Environment=${shorten(value)}`, words));
    else for (const word of words) set(expandSpecifiers(word, context.specifiers) ?? word);
  }
  for (const { value } of lastList(settings, "EnvironmentFile")) {
    const path = expandSpecifiers(value.replace(/^-/, ""), context.specifiers);
    const text = path === undefined ? undefined : context.readFile(path);
    if (text === undefined) leftOut.push(lost(`EnvironmentFile=${value}`, "it cannot be read"));
    else for (const line of text.split(/\r?\n/)) if (!/^\s*[#;]/.test(line)) set(unquoteLine(line.trim()));
  }
  return environment;
}

function unquoteLine(line: string): string {
  return line.replace(/^([^=]+)=(["'])(.*)\2$/, "$1=$3");
}

function folderOf(settings: readonly UnitSetting[], { specifiers }: UnitContext): string {
  const written = lastList(settings, "WorkingDirectory").at(-1)?.value.replace(/^-/, "");
  if (written === undefined) return "/";
  return written === "~" ? (specifiers.h ?? "/") : (expandSpecifiers(written, specifiers) ?? "/");
}

const runsAs = "clawtunnel's daemon runs as you, with your keys and your ssh_config";

function describeSetting({ section, key, value }: UnitSetting): LeftOut {
  const what = shorten(`${key}=${value}`);
  if (section !== "Service") return needless(what, "clawtunnel has a service of its own");
  if (["User", "Group", "DynamicUser"].includes(key)) return lost(what, runsAs);
  if (/^Exec/.test(key)) return lost(what, "it is not run");
  if (/^(?:Restart|StartLimit|Watchdog|Timeout|RuntimeMax)/.test(key)) return needless(what, "clawtunnel keeps the tunnel open itself");
  return needless(what, "clawtunnel has a service of its own");
}
