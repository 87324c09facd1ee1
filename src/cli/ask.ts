import { createInterface } from "node:readline/promises";

/** A conversation with the person at the terminal, over stderr; aborts with `signal`. The terminal is theirs again when `talk` is over. */
export async function askPerson<T>(signal: AbortSignal, talk: (ask: (question: string) => Promise<string>) => Promise<T>): Promise<T> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await talk(async (question) => (await lines.question(question, { signal })).trim());
  } finally {
    lines.close();
  }
}
