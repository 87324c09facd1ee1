import { Failure } from "../../base/failure.js";

/** One word of a unit's value, quoted, so that systemd reads `text` back: systemd.syntax(7), QUOTING, and systemd.unit(5), SPECIFIERS. */
export function unitWord(text: string): string {
  return `"${text.replace(/[\\"%]|\p{Cc}/gu, escapeCharacter)}"`;
}

/**
 * ExecStart= of a program and its arguments. Throws `program-unstable` where systemd does not take the program's path: it refuses
 * quotes, backslashes and control characters there even when they are escaped, and does not expand `$`.
 */
export function unitCommand(program: string, args: readonly string[]): string {
  if (/['"\\]|\p{Cc}/u.test(program)) {
    throw new Failure(
      "program-unstable",
      `systemd cannot run ${program}: it takes no quotes, backslashes or control characters in a program's path`,
      {
        hint: "Use a node whose path has none of them, or make a link to it and put its folder first in PATH; then `clawtunnel install` again.",
      },
    );
  }
  return [unitWord(program), ...args.map((word) => unitWord(word.replaceAll("$", "$$$$")))].join(" ");
}

/** Environment= of one variable; `$` has no meaning there. Throws where systemd would leave the variable out with no more than a line in its log. */
export function unitVariable(name: string, value: string): string {
  if (/(?![\t\n])\p{Cc}/u.test(value)) {
    throw new Failure("service-unavailable", `systemd takes no control characters in a variable, and ${name} has some: ${value}`, {
      hint: `Set ${name} to a value without them, and run \`clawtunnel install\` again.`,
    });
  }
  return unitWord(`${name}=${value}`);
}

/** The value of a setting that takes one path and knows neither quotes nor escapes (PathChanged=). */
export function unitPath(path: string): string {
  // A backslash at the end would take the next line with it, and blanks there would be lost.
  if (/\p{Cc}|[\\\s]$/u.test(path)) {
    throw new Failure(
      "folder-unusable",
      `systemd cannot watch ${path}: it takes no control characters in a path, nor a blank or a backslash at its end`,
    );
  }
  return path.replaceAll("%", "%%");
}

const named: Readonly<Record<string, string>> = { "\\": "\\\\", '"': '\\"', "%": "%%", "\n": "\\n", "\t": "\\t" };

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  // Two hex digits are one byte to systemd; beyond ASCII a character has more, and needs no escape.
  return named[character] ?? (code > 0x7f ? character : `\\x${code.toString(16).padStart(2, "0")}`);
}
