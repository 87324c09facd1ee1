import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

/** Undefined when the person will not answer (ctrl-C, ctrl-D), or nobody wants to know any more. */
export type Ask = (question: string) => Promise<string | undefined>;

/**
 * A conversation with the person at the terminal, over stderr, until `talk` is over or `signal` aborts. The terminal is theirs
 * again then, as it was. `isHidden`: what is typed is not shown.
 */
export async function askPerson<T>(signal: AbortSignal, talk: (ask: Ask) => Promise<T>, isHidden = false): Promise<T> {
  const over = new AbortController();
  const end = () => over.abort();
  signal.addEventListener("abort", end, { once: true });
  const output = isHidden ? nowhere() : process.stderr;
  const lines = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 });
  // In a terminal readline reads keys itself: ctrl-C is no signal then, and an interface that closed would leave its question open for ever.
  lines.once("SIGINT", end).once("close", end);
  if (signal.aborted) end();
  try {
    return await talk(async (question) => {
      if (isHidden) process.stderr.write(question);
      try {
        return await lines.question(isHidden ? "" : question, { signal: over.signal });
      } catch (error) {
        if (over.signal.aborted) return undefined;
        throw error;
      } finally {
        // The person's own end of line was not shown, or never came.
        if (isHidden || over.signal.aborted) process.stderr.write("\n");
      }
    });
  } finally {
    signal.removeEventListener("abort", end);
    lines.close();
  }
}

/** Only a yes is one. */
export function askYesNo(signal: AbortSignal, question: string): Promise<boolean> {
  return askPerson(signal, async (ask) => /^\s*y(es)?\s*$/i.test((await ask(`${question} [y/N] `)) ?? ""));
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
