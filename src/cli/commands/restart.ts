import { Failure } from "../../base/failure.js";
import type { TunnelStatus } from "../../tunnel/status.js";
import { defineCommand } from "../define-command.js";
import { exitCode, exitCodeOfTunnels } from "../exit-code.js";
import { isSettled, refuseUnknown } from "../follow.js";
import { renderTunnel } from "../render-status.js";
import { waitWithPerson } from "../wait-with-person.js";

export const restart = defineCommand({
  name: "restart [name..]",
  summary: "Open new sessions, move over to them, and end the old ones",
  examples: ["clawtunnel restart db", "clawtunnel restart --daemon"],
  positionals: { name: { type: "string", array: true, describe: "The tunnels to restart; none means all that are not down" } },
  options: {
    wait: { type: "number", default: 15, requiresArg: true, describe: "Seconds to wait for an answer through the tunnel" },
    daemon: { type: "boolean", default: false, describe: "Replace the daemon itself, and so every tunnel: after an upgrade" },
  },
  run: async (context, args) => {
    const { daemon, output } = context;
    if (args.daemon) {
      if (args.name?.length) throw new Failure("usage", "--daemon is for all tunnels at once: give no names");
      const [{ replaceDaemon }, { systemMachine }] = await Promise.all([
        import("../service/replace-daemon.js"),
        import("../service/machine.js"),
      ]);
      return replaceDaemon(context, args.wait * 1000, systemMachine(context));
    }
    const { tunnels } = await daemon.status();
    const names = args.name?.length ? args.name : tunnels.filter(({ phase }) => phase !== "stopped").map(({ name }) => name);
    refuseUnknown(names, tunnels);
    for (const name of names) await daemon.restart(name, { attended: output.isInteractive });
    const after = await waitWithPerson(context, names, args.wait * 1000, isRestarted);
    for (const tunnel of after) output.answer(renderTunnel(tunnel, Date.now(), output.style).join("\n"));
    const isRefused = after.some(({ renewal }) => renewal?.failure != null);
    return isRefused ? exitCode.failed : exitCodeOfTunnels(after, true);
  },
});

/** A new session has taken over or could not, or the tunnel has come to something else. */
function isRestarted(tunnel: TunnelStatus): boolean {
  return tunnel.renewal === null ? isSettled(tunnel) : tunnel.renewal.failure !== null;
}
