/** One line that ssh wrote to its log. `isDebug`: it was asked for, for what it tells us, and is nothing for people. */
export interface LogLine {
  readonly isDebug: boolean;
  readonly text: string;
  /** The process that wrote it, of a line that was asked for by LogVerbose. */
  readonly pid: number | null;
}

/** `debug1: `, and the place in the source that LogVerbose puts before the text: `channels.c:channel_new():503 (pid=7): `. */
const prefix = /^(?:(debug[1-3]): )?(?:[\w.-]+\.c:\w+\(\):\d+ \((?:[^)]*\b)?pid=(\d+)\): )?/;

export function readLogLine(line: string): LogLine {
  const [found = "", level, pid] = prefix.exec(line) ?? [];
  return { isDebug: level !== undefined, text: line.slice(found.length).trimEnd(), pid: pid === undefined ? null : Number(pid) };
}

/** A stream of text as lines. What a log cannot mean is cut off. */
export class LineReader {
  #rest = "";

  /** The lines that are whole now. */
  feed(text: string): string[] {
    const lines = (this.#rest + text).split("\n");
    this.#rest = (lines.pop() ?? "").slice(0, 8_192);
    return lines.map((line) => line.replace(/\r+$/, ""));
  }

  /** What stands there without an end. */
  takeRest(): string {
    const rest = this.#rest;
    this.#rest = "";
    return rest;
  }
}
