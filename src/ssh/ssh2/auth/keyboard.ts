import type { Prompt } from "ssh2";
import type { Question } from "../../person.js";
import type { Questions } from "./questions.js";

/** One round of keyboard-interactive (RFC 4256, 3.2), as the server asks it. */
export interface Round {
  readonly name: string;
  readonly instructions: string;
  readonly prompts: readonly Prompt[];
}

/** The answers in the order of the prompts. Rejects as `Questions.ask` does. */
export async function answerRound(round: Round, account: string, questions: Questions): Promise<string[]> {
  const answers: string[] = [];
  for (const question of questionsOf(round, account)) answers.push(await questions.ask(question));
  return answers;
}

/** One that is good once, or that is to come in the old one's place: the account's own would be wrong there, or be made the new one. */
const isAnotherPassword = /\b(?:one[- ]?time|otp|token|temporary|new|retype|repeat|again|passphrase)\b/i;

/**
 * A single hidden prompt for a password is how most servers ask for the account's own; it may be remembered. Everything else is
 * taken for a code, which is another one next time.
 */
export function questionsOf({ name, instructions, prompts }: Round, account: string): Omit<Question, "isRepeated">[] {
  const [only] = prompts.length === 1 ? prompts : [];
  const isPassword = only !== undefined && !only.echo && /password/i.test(only.prompt) && !isAnotherPassword.test(only.prompt);
  return prompts.map(({ prompt, echo }) => ({
    kind: isPassword ? ("password" as const) : ("code" as const),
    subject: account,
    text: [name, instructions, prompt]
      .map((text) => text.trim())
      .filter((text) => text !== "")
      .join("\n"),
    isEchoed: echo === true,
  }));
}
