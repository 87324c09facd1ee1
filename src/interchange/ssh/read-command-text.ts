import { type FoundTunnel, lost, type Reading, shorten } from "../reading.js";
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
  const name = read.entry.target.replace(/^.*@/, "").replace(/:\d+$/, "");
  return { name, source, entry: read.entry, leftOut: [...command.leftOut, ...read.leftOut] };
}

/** Every line of a text that is an ssh or autossh command; a backslash at its end goes on in the next line. */
export function readCommandText(text: string, context: CommandContext): Reading {
  const tunnels: FoundTunnel[] = [];
  const leftOut: Reading["leftOut"][number][] = [];
  for (const line of text.replace(/\\\r?\n/g, " ").split(/\r?\n/)) {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const command = readShellCommand(trimmed, context.variables);
    const found = typeof command === "string" ? command : readCommandWords(command.words, shorten(trimmed), context);
    if (typeof found === "string") leftOut.push(lost(shorten(trimmed), found));
    else tunnels.push(typeof command === "string" ? found : { ...found, leftOut: [...command.leftOut, ...found.leftOut] });
  }
  return { tunnels, leftOut };
}
