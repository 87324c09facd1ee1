import { describeForward } from "../../config/forward-spec.js";
import { loadConfig } from "../../config/store.js";
import { formatTarget } from "../../config/target.js";
import { targetsOf } from "../../config/targets-of.js";
import { defineCommand } from "../define-command.js";
import { exitCode } from "../exit-code.js";

export const list = defineCommand({
  name: "list",
  summary: "List the saved tunnels",
  examples: ["clawtunnel list"],
  positionals: {},
  options: { json: { type: "boolean", default: false, describe: "Print them as JSON" } },
  run: async ({ paths, output }, args) => {
    const { tunnels, file } = loadConfig(paths.configFile);
    if (args.json) output.answer(JSON.stringify(file.tunnels ?? {}));
    else
      for (const spec of tunnels.values()) {
        const targets = targetsOf(spec).map(formatTarget).join(", or ");
        output.answer(`${spec.name}  ${targets}  ${spec.forwards.map(describeForward).join(", ")}`);
      }
    return exitCode.done;
  },
});
