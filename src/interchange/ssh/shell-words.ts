import { type LeftOut, needless } from "../reading.js";

/** Values by name, as far as they are known where a text was written. */
export type Variables = Readonly<Record<string, string | undefined>>;

export interface ShellCommand {
  readonly words: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * One simple command as a POSIX shell splits it; nothing of it is run. A text says why it cannot be read: what only a shell can tell
 * (another command's output, a variable that is not known) or more than one command.
 */
export function readShellCommand(text: string, variables: Variables): ShellCommand | string {
  const words: string[] = [];
  const leftOut: LeftOut[] = [];
  let rest = text.replace(/\\\r?\n/g, " ").trim();
  let word: string | undefined;
  const endWord = () => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  while (rest !== "") {
    const taken = takePart(rest, word === undefined, variables);
    if (typeof taken === "string") return taken;
    rest = rest.slice(taken.length);
    if (taken.kind === "text") word = (word ?? "") + taken.text;
    else endWord();
    if (taken.kind === "aside") leftOut.push(needless(taken.text, "the daemon holds the tunnel in the background, and writes its own log"));
  }
  endWord();
  return { words, leftOut };
}

const outputNeeded = "it needs the output of another command, and clawtunnel runs none";

type Part = { readonly length: number } & ({ readonly kind: "text" | "aside"; readonly text: string } | { readonly kind: "blank" });

function takePart(rest: string, isWordStart: boolean, variables: Variables): Part | string {
  const blank = /^[ \t]+/.exec(rest)?.[0];
  if (blank !== undefined) return { kind: "blank", length: blank.length };
  // A last `&`, and where the output goes; a comment.
  const aside = (isWordStart ? /^(?:&$|\d*(?:>>|>|<)&?[ \t]*[^\s;&|<>]+|&>[ \t]*[^\s;&|<>]+|#.*$)/ : /^&$/).exec(rest)?.[0];
  if (aside !== undefined) return { kind: "aside", text: aside, length: aside.length };
  if (/^[;&|<>()\n\r]/.test(rest)) return "it is more than one command, and clawtunnel runs none of them to find out";
  if (rest.startsWith("`")) return outputNeeded;
  const single = /^'([^']*)'/.exec(rest);
  if (single !== null) return { kind: "text", text: single[1] ?? "", length: single[0].length };
  if (rest.startsWith('"')) return takeDoubleQuoted(rest, variables);
  if (rest.startsWith("'") || rest === "\\") return "a quote is not closed";
  if (rest.startsWith("\\")) return { kind: "text", text: rest.slice(1, 2), length: 2 };
  if (rest.startsWith("$")) return takeVariable(rest, variables);
  const plain = /^[^\s;&|<>()`'"\\$]+/.exec(rest)?.[0] ?? rest.slice(0, 1);
  return { kind: "text", text: plain, length: plain.length };
}

function takeDoubleQuoted(rest: string, variables: Variables): Part | string {
  let text = "";
  for (let at = 1; at < rest.length; ) {
    const letter = rest[at];
    if (letter === '"') return { kind: "text", text, length: at + 1 };
    if (letter === "`") return outputNeeded;
    const escaped = letter === "\\" ? /^\\([$`"\\])/.exec(rest.slice(at, at + 2))?.[1] : undefined;
    if (letter === "$") {
      const taken = takeVariable(rest.slice(at), variables);
      if (typeof taken === "string") return taken;
      text += "text" in taken ? taken.text : "";
      at += taken.length;
    } else {
      text += escaped ?? letter;
      at += escaped === undefined ? 1 : 2;
    }
  }
  return "a quote is not closed";
}

function takeVariable(rest: string, variables: Variables): Part | string {
  if (rest.startsWith("$(")) return outputNeeded;
  const [whole, braced, bare] = /^\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/.exec(rest) ?? [];
  if (whole === undefined)
    return rest.length === 1 || /^\$[\s"]/.test(rest)
      ? { kind: "text", text: "$", length: 1 }
      : `"${rest.slice(0, 12)}" only a shell understands`;
  const name = braced ?? bare ?? "";
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
  return value === undefined ? `the variable ${name} is not known` : { kind: "text", text: value, length: whole.length };
}
