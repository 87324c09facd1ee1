import { defineCommand } from "../define-command.js";
import { exitCodeOfTunnels } from "../exit-code.js";
import { followTunnels, isSettled, refuseUnknown } from "../follow.js";
import { renderTunnel } from "../render-status.js";

export const restart = defineCommand({
  name: "restart [name..]",
  summary: "End the sessions and open new ones; the local addresses stay",
  examples: ["clawtunnel restart db"],
  positionals: { name: { type: "string", array: true, describe: "The tunnels to restart; none means all that are not down" } },
  options: { wait: { type: "number", default: 15, requiresArg: true, describe: "Seconds to wait for an answer through the tunnel" } },
  run: async (context, args) => {
    const { daemon, output } = context;
    const { tunnels } = await daemon.status();
    const names = args.name?.length ? args.name : tunnels.filter(({ phase }) => phase !== "stopped").map(({ name }) => name);
    refuseUnknown(names, tunnels);
    for (const name of names) await daemon.restart(name);
    const after = await followTunnels(context, names, args.wait * 1000, isSettled);
    for (const tunnel of after) output.answer(renderTunnel(tunnel, Date.now(), output.style).join("\n"));
    return exitCodeOfTunnels(after, true);
  },
});
