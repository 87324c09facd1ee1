import { Failure } from "../../base/failure.js";
import type { HostKeyPrompt, TunnelStatus } from "../../tunnel/status.js";
import { askHostKey, describeHostKeyFully } from "../ask-host-key.js";
import { type CliContext, defineCommand } from "../define-command.js";
import { type ExitCode, exitCode, exitCodeOfTunnels } from "../exit-code.js";
import { renderTunnel } from "../render-status.js";
import { waitWithPerson } from "../wait-with-person.js";

export const trust = defineCommand({
  name: "trust <name>",
  summary: "Look at the host key that a tunnel is held for, and accept it",
  examples: ["clawtunnel trust db", "clawtunnel trust db --randomart", "clawtunnel trust db --fingerprint SHA256:…"],
  positionals: { name: { type: "string", demandOption: true, describe: "The tunnel" } },
  options: {
    fingerprint: { type: "string", requiresArg: true, describe: "Accept the key if it is this one, without asking; for scripts" },
    randomart: { type: "boolean", default: false, describe: "Show the key's picture as well, as `ssh-keygen -lv` draws it" },
  },
  run: async (context, { name, fingerprint, randomart }) => {
    const { daemon, output } = context;
    const tunnel = (await daemon.status()).tunnels.find((candidate) => candidate.name === name);
    if (tunnel === undefined) throw new Failure("tunnel-unknown", `there is no tunnel named "${name}"`);
    const { prompt } = tunnel;
    if (prompt?.kind !== "host-key") return explain(context, tunnel);
    if (tunnel.failure !== null) output.talk(tunnel.failure.message);
    if (!(await isAccepted(context, prompt, fingerprint, randomart))) return exitCode.needsPerson;
    await daemon.answerPrompt(prompt.id, { accept: true, attended: output.isInteractive });
    output.talk(`added to ${prompt.knownHostsFile}`);
    const after = await waitWithPerson(context, [name], 15_000);
    for (const changed of after) output.answer(renderTunnel(changed, Date.now(), output.style).join("\n"));
    return exitCodeOfTunnels(after, true);
  },
});

/** There is nothing to accept: a key that has changed, or may not be added, is for a person to see to by hand. */
function explain({ output }: CliContext, { name, phase, failure }: TunnelStatus): ExitCode {
  const isAboutKey = failure?.code.startsWith("host-key-") === true;
  output.talk(isAboutKey ? `${failure.message}\n${failure.hint}` : `${name} asks for no host key`);
  return phase === "held" ? exitCode.needsPerson : exitCode.done;
}

async function isAccepted(
  context: CliContext,
  prompt: HostKeyPrompt,
  fingerprint: string | undefined,
  hasRandomart: boolean,
): Promise<boolean> {
  if (fingerprint === undefined && context.output.isInteractive) return askHostKey(context, prompt, hasRandomart);
  if (fingerprint === undefined) {
    throw new Failure("usage", `${await describeHostKeyFully(prompt, hasRandomart)}\nthere is no terminal to ask in`, {
      hint: "Compare the fingerprint and give it with --fingerprint.",
    });
  }
  if (fingerprint === prompt.fingerprint || `SHA256:${fingerprint}` === prompt.fingerprint) return true;
  throw new Failure("prompt-stale", `the server shows ${prompt.fingerprint}, not ${fingerprint}`);
}
