import { readUnitFile } from "../../src/interchange/services/unit-file.js";
import { expandSpecifiers, expandVariables, splitUnitWords } from "../../src/interchange/services/unit-words.js";

/** A unit as systemd would read it, by the reader that `clawtunnel import` has for the units of others. */
export function readUnit(text: string): Readonly<Record<string, readonly string[]>> {
  const { settings, stray } = readUnitFile(text);
  if (stray.length > 0) throw new Error(`lines of no kind: ${stray.join(" | ")}`);
  const read: Record<string, string[]> = {};
  for (const { section, key, value } of settings) {
    const name = `${section}.${key}`;
    read[name] = [...(read[name] ?? []), value];
  }
  return read;
}

/** The words of an ExecStart=, with what a `$` in an argument and a `%` anywhere stand for. */
export function readCommand(value: string): string[] {
  const [program = "", ...args] = readWords(value);
  return [program, ...expandVariables(args, {})];
}

/** The words of an Environment=. */
export function readWords(value: string): string[] {
  const words = splitUnitWords(value);
  if (typeof words === "string") throw new Error(`${words}: ${value}`);
  return words.map(readSpecifiers);
}

export function readSpecifiers(text: string): string {
  const read = expandSpecifiers(text, {});
  if (read === undefined) throw new Error(`it holds a specifier: ${text}`);
  return read;
}
