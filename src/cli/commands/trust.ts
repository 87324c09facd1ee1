import { Failure } from "../../base/failure.js";
import { askHostKey, describeHostKey } from "../ask-host-key.js";
import { defineCommand } from "../define-command.js";
import { exitCode, exitCodeOfTunnels } from "../exit-code.js";
import { followTunnels, isSettled } from "../follow.js";
import { renderTunnel } from "../render-status.js";

export const trust = defineCommand({
  name: "trust <name>",
  summary: "Look at the host key that a tunnel is held for, and accept it",
  examples: ["clawtunnel trust db", "clawtunnel trust db --fingerprint SHA256:…"],
  positionals: { name: { type: "string", demandOption: true, describe: "The tunnel" } },
  options: {
    fingerprint: { type: "string", requiresArg: true, describe: "Accept the key if it is this one, without asking; for scripts" },
  },
  run: async (context, { name, fingerprint }) => {
    const { daemon, output } = context;
    const tunnel = (await daemon.status()).tunnels.find((candidate) => candidate.name === name);
    if (tunnel === undefined) throw new Failure("tunnel-unknown", `there is no tunnel named "${name}"`);
    const { prompt } = tunnel;
    if (prompt?.kind !== "host-key") {
      output.talk(
        tunnel.failure?.code === "host-key-changed" ? `${tunnel.failure.message}\n${tunnel.failure.hint}` : `${name} asks for no host key`,
      );
      return tunnel.phase === "held" ? exitCode.needsPerson : exitCode.done;
    }
    if (fingerprint === undefined && !output.isInteractive) {
      throw new Failure("usage", `${describeHostKey(prompt)}\nthere is no terminal to ask in`, {
        hint: "Compare the fingerprint and give it with --fingerprint.",
      });
    }
    if (fingerprint !== undefined && fingerprint !== prompt.fingerprint && `SHA256:${fingerprint}` !== prompt.fingerprint) {
      throw new Failure("prompt-stale", `the server shows ${prompt.fingerprint}, not ${fingerprint}`);
    }
    const isAccepted = fingerprint !== undefined || (await askHostKey(context, prompt));
    if (!isAccepted) return exitCode.needsPerson;
    await daemon.answerPrompt(prompt.id, true);
    output.talk(`added to ${prompt.knownHostsFile}`);
    const after = await followTunnels(context, [name], 15_000, isSettled);
    for (const changed of after) output.answer(renderTunnel(changed, Date.now(), output.style).join("\n"));
    return exitCodeOfTunnels(after, true);
  },
});
