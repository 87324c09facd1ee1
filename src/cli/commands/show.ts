import { Failure } from "../../base/failure.js";
import { loadConfig } from "../../config/store.js";
import { defineCommand } from "../define-command.js";
import { exitCode } from "../exit-code.js";

export const show = defineCommand({
  name: "show <name>",
  summary: "Print one saved tunnel as it stands in the config",
  examples: ["clawtunnel show db"],
  positionals: { name: { type: "string", demandOption: true, describe: "The tunnel" } },
  options: {},
  run: async ({ paths, output }, { name }) => {
    const { tunnels = {} } = loadConfig(paths.configFile).file;
    if (!Object.hasOwn(tunnels, name)) throw new Failure("tunnel-unknown", `no saved tunnel is named "${name}"`);
    output.answer(JSON.stringify(tunnels[name], null, 2));
    return exitCode.done;
  },
});
