/** Control and formatting characters (bidi overrides among them) made visible, all but the newline: what a server or an argument says must not draw on the terminal. */
export function printable(text: string): string {
  return text.replace(/(?!\n)[\p{Cc}\p{Cf}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
