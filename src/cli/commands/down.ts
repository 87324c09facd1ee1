import { Failure } from "../../base/failure.js";
import { defineCommand } from "../define-command.js";
import { exitCode } from "../exit-code.js";
import { refuseUnknown } from "../follow.js";

export const down = defineCommand({
  name: "down [name..]",
  summary: "Close tunnels; they stay down until `up`",
  examples: ["clawtunnel down db", "clawtunnel down --all"],
  positionals: { name: { type: "string", array: true, describe: "The tunnels to close" } },
  options: { all: { type: "boolean", default: false, describe: "Close every tunnel" } },
  run: async ({ daemon, output }, args) => {
    const given = args.name ?? [];
    if (given.length === 0 && !args.all) throw new Failure("usage", "name the tunnels to close, or use --all");
    const { tunnels } = await daemon.status();
    refuseUnknown(given, tunnels);
    for (const name of args.all ? tunnels.map((tunnel) => tunnel.name) : given) {
      await daemon.down(name);
      const isSaved = tunnels.find((tunnel) => tunnel.name === name)?.saved;
      output.talk(isSaved ? `${name} is down; \`clawtunnel up ${name}\` opens it again` : `${name} is closed, and gone: it was not saved`);
    }
    return exitCode.done;
  },
});
