/** Control characters made visible, all but the newline: what a server or an argument says must not draw on the terminal. */
export function printable(text: string): string {
  return text.replace(/(?!\n)\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
