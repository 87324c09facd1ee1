/** Control and formatting characters (bidi overrides among them) made visible, all but the newline: what a server or an argument says must not draw on the terminal. */
export function printable(text: string): string {
  return text.replace(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

const foreignMaxLength = 500;

/** What somebody else worded, for a sentence of ours: on one line, so that no line of it looks like ours, and not without end. */
export function foreign(text: string): string {
  const cut = text.length > foreignMaxLength ? `${text.slice(0, foreignMaxLength)}…` : text;
  return printable(cut.trim().replaceAll(/\s*[\n\r\u2028\u2029]\s*/g, " "));
}
