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
    const entry = loadConfig(paths.configFile).file.tunnels?.[name];
    if (entry === undefined) throw new Failure("tunnel-unknown", `no saved tunnel is named "${name}"`);
    output.answer(JSON.stringify(entry, null, 2));
    return exitCode.done;
  },
});
