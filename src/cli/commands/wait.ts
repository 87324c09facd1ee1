import { promptHint } from "../../tunnel/prompt-hint.js";
import { defineCommand } from "../define-command.js";
import { exitCode, exitCodeOfTunnels } from "../exit-code.js";
import { followTunnels, refuseUnknown } from "../follow.js";
import { renderTunnel } from "../render-status.js";

export const wait = defineCommand({
  name: "wait [name..]",
  summary: "Block until the tunnels are verified; for scripts",
  examples: ["clawtunnel wait db --timeout 30 && psql -h 127.0.0.1"],
  positionals: { name: { type: "string", array: true, describe: "The tunnels to wait for; none means all that are not down" } },
  options: { timeout: { type: "number", default: 60, requiresArg: true, describe: "Seconds to wait at most" } },
  run: async (context, args) => {
    const { tunnels } = await context.daemon.status();
    const names = args.name?.length ? args.name : tunnels.filter(({ phase }) => phase !== "stopped").map(({ name }) => name);
    refuseUnknown(names, tunnels);
    if (names.length === 0) {
      context.output.talk("no tunnel is up to wait for");
      return exitCode.needsPerson;
    }
    // What needs a person does not come by waiting.
    const isDone = ({ phase, health }: (typeof tunnels)[number]) => health === "verified" || phase === "held" || phase === "stopped";
    const told = new Set<string>();
    const after = await followTunnels(context, names, args.timeout * 1000, isDone, (tunnel) => {
      const { prompt } = tunnel;
      if ((prompt?.kind !== "secret" && prompt?.kind !== "notice") || told.has(prompt.id)) return false;
      told.add(prompt.id);
      context.output.talk(`${tunnel.name}: ${prompt.text}\n  ${promptHint(tunnel.name, prompt)}`);
      return false;
    });
    const code = exitCodeOfTunnels(after, true);
    if (code !== 0) for (const tunnel of after) context.output.talk(renderTunnel(tunnel, Date.now(), context.output.style).join("\n"));
    return code;
  },
});
