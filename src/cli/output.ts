import { printable } from "../base/text.js";

/** stdout is the answer, stderr is the talk. The two streams come in by the door, so that commands can be run in a test. */
export interface Output {
  answer(text: string): void;
  talk(text: string): void;
  readonly style: Style;
  /** Whether a person can be asked: both ends of the conversation are a terminal. */
  readonly isInteractive: boolean;
  readonly isTerminal: boolean;
}

export interface Style {
  good(text: string): string;
  bad(text: string): string;
  soft(text: string): string;
  strong(text: string): string;
}

export const plainStyle: Style = { good: (text) => text, bad: (text) => text, soft: (text) => text, strong: (text) => text };

const colourStyle: Style = {
  good: (text) => `\u001b[32m${text}\u001b[39m`,
  bad: (text) => `\u001b[31m${text}\u001b[39m`,
  soft: (text) => `\u001b[2m${text}\u001b[22m`,
  strong: (text) => `\u001b[1m${text}\u001b[22m`,
};

/** With what others worded made harmless, and our own styles as they are. Not for JSON, which escapes in its own way. */
export function printableStyled(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the styles above
  const parts = text.split(/(\u001b\[(?:1|2|22|31|32|39)m)/);
  return parts.map((part, index) => (index % 2 === 0 ? printable(part) : part)).join("");
}

/** No colour when stdout is not a terminal, or NO_COLOR is set (no-color.org). */
export function systemOutput(): Output {
  const isTerminal = process.stdout.isTTY === true;
  return {
    answer: (text) => void process.stdout.write(`${text}\n`),
    talk: (text) => void process.stderr.write(`${printableStyled(text)}\n`),
    style: isTerminal && !process.env.NO_COLOR ? colourStyle : plainStyle,
    isInteractive: process.stdin.isTTY === true && process.stderr.isTTY === true,
    isTerminal,
  };
}
