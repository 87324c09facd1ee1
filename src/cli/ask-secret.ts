import type { PromptAnswer } from "../api/contract.js";
import { onAbort } from "../base/abort.js";
import { printable } from "../base/text.js";
import type { SecretPrompt } from "../tunnel/status.js";
import { askPerson } from "./ask.js";
import type { CliContext } from "./define-command.js";

/**
 * Puts the question of a log-in to the person. Undefined when it is not open any more before they have answered: somebody else did,
 * or the log-in came to its end.
 */
export async function askSecret(context: CliContext, tunnel: string, prompt: SecretPrompt): Promise<PromptAnswer | undefined> {
  const { output, signal } = context;
  const moot = new AbortController();
  const forget = onAbort(signal, () => moot.abort());
  const closed = untilClosed(context, tunnel, prompt.id, moot);
  if (prompt.isRepeated) output.talk("that was not right; once more");
  const answer = await askPerson(moot.signal, (ask) => ask(questionOf(prompt)), !prompt.isEchoed);
  const isMoot = moot.signal.aborted && !signal.aborted;
  forget();
  moot.abort();
  await closed;
  if (isMoot) return undefined;
  return answer === undefined ? { accept: false } : { answer };
}

/**
 * What a server words itself says of each line whose words they are, as ssh says of the first: it could ask for a passphrase in
 * ssh's name.
 */
export function questionOf({ purpose, subject, text }: SecretPrompt): string {
  const account = subject.replace(/:\d+$/, "");
  if (purpose === "passphrase" || text === `${account}'s password:`) return `${text} `;
  const lines = text
    .split(/[\r\n]+/)
    .map((line, index) => (index === 0 && line.startsWith(`(${account}) `) ? line : `(${account}) ${line}`));
  return `${lines.map(printable).join("\n")} `;
}

async function untilClosed({ daemon }: CliContext, tunnel: string, id: string, moot: AbortController): Promise<void> {
  try {
    for await (const change of daemon.events(moot.signal)) {
      if (change.tunnel.name === tunnel && change.tunnel.prompt?.id !== id) break;
    }
  } catch {
    // A daemon that is gone asks nothing.
  }
  moot.abort();
}
