/** `text` between double quotes of JScript, in ASCII: wscript takes a script without a byte order mark for the system's own code page. */
export function jscriptText(text: string): string {
  return text.replace(/["\\]/g, "\\$&").replace(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** One word of a command line as CommandLineToArgvW and the C runtime take it apart: backslashes count only before a quote. */
export function quoteWord(word: string): string {
  return `"${word.replace(/(\\*)"/g, '$1$1\\"').replace(/\\+$/, "$&$&")}"`;
}

export function commandLine(argv: readonly string[]): string {
  return argv.map(quoteWord).join(" ");
}
