/**
 * A command line as CommandLineToArgvW takes it apart, by its documentation: 2n backslashes before a quote are n of them and the quote
 * opens or closes, 2n+1 are n and a plain quote, and all others are what they are. The program's own name knows no backslashes.
 */
export function splitCommandLine(line: string): string[] {
  const program = /^"([^"]*)"|^(\S*)/.exec(line);
  const words = [program?.[1] ?? program?.[2] ?? ""];
  let word: string | null = null;
  let isQuoted = false;
  for (const [piece, backslashes = "", quote] of line.slice(program?.[0].length).matchAll(/(\\*)(")|\\+|[\s\S]/g)) {
    if (quote !== undefined) {
      word = (word ?? "") + "\\".repeat(Math.floor(backslashes.length / 2));
      if (backslashes.length % 2 === 1) word += '"';
      else isQuoted = !isQuoted;
    } else if (!isQuoted && /^\s$/.test(piece)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? "") + piece;
  }
  return word === null ? words : [...words, word];
}

/** As ExpandEnvironmentStrings does: what is no variable stays, and what was put in is not looked at again. */
export function expandVariables(text: string, env: ReadonlyMap<string, string>): string {
  return text.replace(/%([^%]+)%/g, (whole, name: string) => env.get(name.toUpperCase()) ?? whole);
}
