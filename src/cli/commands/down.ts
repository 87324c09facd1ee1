import { Failure } from "../../base/failure.js";
import { defineCommand } from "../define-command.js";
import { exitCode } from "../exit-code.js";
import { refuseUnknown } from "../follow.js";
import { describeMoment } from "../wall-time.js";

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
      const { saved, schedule } = tunnels.find((tunnel) => tunnel.name === name) ?? {};
      const byItself = schedule?.nextUpAt ? `, and its schedule at ${describeMoment(schedule.nextUpAt, Date.now())}` : "";
      output.talk(
        saved ? `${name} is down; \`clawtunnel up ${name}\` opens it again${byItself}` : `${name} is closed, and gone: it was not saved`,
      );
    }
    return exitCode.done;
  },
});
