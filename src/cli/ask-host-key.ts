import { otherNamesOf } from "../ssh/host-keys/known-hosts.js";
import { readKnownHosts } from "../ssh/host-keys/known-hosts-files.js";
import { keyBits, keyName } from "../ssh/keys/public-key.js";
import { drawRandomart } from "../ssh/keys/randomart.js";
import type { HostKeyPrompt } from "../tunnel/status.js";
import { askPerson } from "./ask.js";
import type { CliContext } from "./define-command.js";

/** The words of ssh(1), because people know them. */
export function describeHostKey({ hostPattern, keyType, fingerprint }: HostKeyPrompt): string {
  return `The authenticity of host '${hostPattern}' can't be established.\n${keyName(keyType)} key fingerprint is ${fingerprint}.`;
}

/** All that there is to say of the key: as `ssh-keygen -l` has it, with its picture if that is wanted, and where it would go. */
export async function describeHostKeyFully(prompt: HostKeyPrompt, hasRandomart: boolean): Promise<string> {
  const { hostPattern, keyType, keyBase64, fingerprint, knownHostsFile, isHashed } = prompt;
  const bits = keyBase64 === null ? undefined : keyBits(keyType, Buffer.from(keyBase64, "base64"));
  const size = bits === undefined ? "" : `${bits} `;
  return [
    describeHostKey(prompt),
    `  ${size}${fingerprint} ${hostPattern} (${keyName(keyType)})`,
    ...(hasRandomart ? [drawRandomart(fingerprint, `${keyName(keyType)} ${size}`.trim())] : []),
    ...(await describeOtherNames(prompt)),
    `Once accepted it is added to ${knownHostsFile}${isHashed ? ", with the host's name hashed" : ""}.`,
  ].join("\n");
}

/** Only the file that it would go to is looked at. */
async function describeOtherNames(prompt: HostKeyPrompt): Promise<string[]> {
  if (prompt.keyBase64 === null) return [];
  const lines = await readKnownHosts([prompt.knownHostsFile]).catch(() => []);
  const names = otherNamesOf(lines, prompt);
  if (names.length === 0) return [`${prompt.knownHostsFile} has this key under no other name.`];
  return ["This host key is known by the following other names/addresses:", ...names.map((name) => `    ${name}`)];
}

/** Shows the key as `ssh` does and asks. `yes`, or the fingerprint itself, accepts it. */
export async function askHostKey({ output, signal }: CliContext, prompt: HostKeyPrompt, hasRandomart = false): Promise<boolean> {
  output.talk(await describeHostKeyFully(prompt, hasRandomart));
  return askPerson(signal, async (ask) => {
    let question = "Are you sure you want to continue connecting (yes/no/[fingerprint])? ";
    for (;;) {
      const answer = (await ask(question))?.trim();
      if (answer === prompt.fingerprint || answer?.toLowerCase() === "yes") return true;
      if (answer === undefined || answer.toLowerCase() === "no") return false;
      question = "Please type 'yes', 'no' or the fingerprint: ";
    }
  });
}
