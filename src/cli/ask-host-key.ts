import type { HostKeyPrompt } from "../tunnel/status.js";
import { askPerson } from "./ask.js";
import type { CliContext } from "./define-command.js";

/** The words of ssh(1), because people know them. */
export function describeHostKey({ hostPattern, keyType, fingerprint }: HostKeyPrompt): string {
  const type = keyType.replace(/^ssh-|^ecdsa-sha2-.*/, (found) => (found === "ssh-" ? "" : "ECDSA")).toUpperCase();
  return `The authenticity of host '${hostPattern}' can't be established.\n${type} key fingerprint is ${fingerprint}.\nThis key is not known by any other names.`;
}

/** Shows the key as `ssh` does and asks. `yes`, or the fingerprint itself, accepts it. */
export async function askHostKey({ output, signal }: CliContext, prompt: HostKeyPrompt): Promise<boolean> {
  output.talk(describeHostKey(prompt));
  return askPerson(signal, async (ask) => {
    let question = "Are you sure you want to continue connecting (yes/no/[fingerprint])? ";
    for (;;) {
      const answer = await ask(question);
      if (answer === prompt.fingerprint || answer.toLowerCase() === "yes") return true;
      if (answer.toLowerCase() === "no") return false;
      question = "Please type 'yes', 'no' or the fingerprint: ";
    }
  });
}
