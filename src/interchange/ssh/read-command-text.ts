import { writtenTarget } from "../../config/targets-of.js";
import { type FoundTunnel, type LeftOut, lost, type Reading, shorten } from "../reading.js";
import { readSshCommand } from "./read-ssh-command.js";
import { readShellCommand, type Variables } from "./shell-words.js";
import { unwrapCommand } from "./unwrap-command.js";

export interface CommandContext {
  /** Where relative paths begin. */
  readonly folder: string;
  readonly variables: Variables;
}

/** The words of one command as a tunnel; a text says why it is none. */
export function readCommandWords(argv: readonly string[], source: string, context: CommandContext): FoundTunnel | string {
  const command = unwrapCommand(argv, context.variables);
  if (typeof command === "string") return command;
  const read = readSshCommand(command.program, command.words, context.folder);
  if (typeof read === "string") return read;
  const name = writtenTarget(read.entry).replace(/^.*@/, "").replace(/:\d+$/, "");
  return { name, source, entry: read.entry, leftOut: [...command.leftOut, ...read.leftOut] };
}

/** Every line of a text that is an ssh or autossh command; a backslash at its end goes on in the next line. */
export function readCommandText(text: string, context: CommandContext): Reading {
  const tunnels: FoundTunnel[] = [];
  const leftOut: LeftOut[] = [];
  for (const { line, number } of joinLines(text)) {
    const command = readShellCommand(line, context.variables);
    const found = typeof command === "string" ? command : readCommandWords(command.words, `line ${number}`, context);
    if (typeof found === "string") leftOut.push(lost(shorten(line), found));
    else tunnels.push(typeof command === "string" ? found : { ...found, leftOut: [...command.leftOut, ...found.leftOut] });
  }
  return { tunnels, leftOut };
}

/** Without comments and empty lines, each with the number of its first. */
function joinLines(text: string): { readonly line: string; readonly number: number }[] {
  const joined: { line: string; number: number }[] = [];
  let begun: { line: string; number: number } | undefined;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    begun = begun === undefined ? { line, number: index + 1 } : { ...begun, line: `${begun.line.slice(0, -1)} ${line}` };
    if (line.endsWith("\\")) continue;
    const whole = begun.line.trim();
    if (whole !== "" && !whole.startsWith("#")) joined.push({ line: whole, number: begun.number });
    begun = undefined;
  }
  return begun === undefined ? joined : [...joined, { ...begun, line: begun.line.trim() }];
}
