import { singleQuoted } from "../../base/single-quoted.js";

/** What no shell reads anything into, wherever it stands in a command. */
const plain = /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+:,./=-]*$/;

/** A word for a POSIX shell. `~/` at its front is left to the shell, because not every word is one that ssh expands itself. */
export function quoteForShell(word: string): string {
  if (word.startsWith("~/") && word.length > 2) return `~/${quoteForShell(word.slice(2))}`;
  return plain.test(word) ? word : singleQuoted(word);
}

/** A value for ssh_config(5), where quotes hold blanks together and # begins a comment. */
export function quoteForSshConfig(value: string): string {
  return /^[^\s"'\\#=]+$/.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
}
