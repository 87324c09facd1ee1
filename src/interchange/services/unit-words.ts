/** C-style escapes of systemd.syntax(7). */
const escapes: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\u000b",
  s: " ",
  "\\": "\\",
  '"': '"',
  "'": "'",
};

/** A value split into words as systemd does: both quotes, and escapes everywhere. A text says why it cannot be. */
export function splitUnitWords(text: string): string[] | string {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < text.length; ) {
    const letter = text.charAt(at);
    if (letter === "\\") {
      const escaped = readEscape(text.slice(at + 1));
      if (escaped === undefined) return `the escape ${text.slice(at, at + 2)} is not known`;
      word = (word ?? "") + escaped.text;
      at += 1 + escaped.length;
      continue;
    }
    at += 1;
    if (quote === "" && /\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (letter === quote) quote = "";
    // The manual allows a quote only where a word begins; systemd itself takes it anywhere.
    else if (quote === "" && (letter === '"' || letter === "'")) {
      quote = letter;
      word ??= "";
    } else word = (word ?? "") + letter;
  }
  if (quote !== "") return "a quote is not closed";
  return word === undefined ? words : [...words, word];
}

function readEscape(text: string): { readonly text: string; readonly length: number } | undefined {
  const [coded, hex, octal, short, long] = /^(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(text) ?? [];
  if (coded !== undefined) {
    const point = octal === undefined ? Number.parseInt(hex ?? short ?? long ?? "", 16) : Number.parseInt(octal, 8);
    return point === 0 || point > 0x10ffff ? undefined : { text: String.fromCodePoint(point), length: coded.length };
  }
  const plain = escapes[text.charAt(0)];
  return plain === undefined ? undefined : { text: plain, length: 1 };
}

/** What a unit's `%x` stand for, by their letter (systemd.unit(5), SPECIFIERS). */
export type Specifiers = Readonly<Record<string, string>>;

/** The first specifier that is not known ends it: undefined. */
export function expandSpecifiers(text: string, specifiers: Specifiers): string | undefined {
  let isKnown = true;
  const expanded = text.replace(/%(.)/g, (whole, letter: string) => {
    if (letter === "%") return "%";
    const value = Object.hasOwn(specifiers, letter) ? specifiers[letter] : undefined;
    if (value === undefined) isKnown = false;
    return value ?? whole;
  });
  return isKnown ? expanded : undefined;
}

/**
 * `${NAME}` within a word, `$NAME` as a word of its own that is split at blanks, `$$` as a dollar sign (systemd.service(5), COMMAND
 * LINES). A variable that is not set is empty, as it is there.
 */
export function expandVariables(words: readonly string[], variables: Readonly<Record<string, string | undefined>>): string[] {
  const lookUp = (name: string) => (Object.hasOwn(variables, name) ? (variables[name] ?? "") : "");
  return words.flatMap((word) => {
    const bare = /^\$([A-Za-z_]\w*)$/.exec(word)?.[1];
    if (bare !== undefined)
      return lookUp(bare)
        .split(/\s+/)
        .filter((part) => part !== "");
    return [word.replace(/\$\$|\$\{([A-Za-z_]\w*)\}/g, (whole, name: string | undefined) => (whole === "$$" ? "$" : lookUp(name ?? "")))];
  });
}
