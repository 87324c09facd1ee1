import { loadConfig } from "../../config/store.js";
import { defineCommand } from "../define-command.js";
import { exitCode } from "../exit-code.js";

export const config = defineCommand({
  name: "config <what>",
  summary: "The config file: where it is, what it says, whether it is right",
  examples: ["clawtunnel config path", "clawtunnel config check", "clawtunnel config schema > config.schema.json"],
  positionals: { what: { choices: ["path", "show", "check", "schema"], demandOption: true, describe: "What to print" } },
  options: {},
  run: async ({ paths, output }, { what }) => {
    switch (what) {
      case "path":
        output.answer(paths.configFile);
        break;
      case "show":
        output.answer(JSON.stringify(loadConfig(paths.configFile).file, null, 2));
        break;
      case "check": {
        const { tunnels } = loadConfig(paths.configFile);
        output.answer(`${paths.configFile} is right: ${tunnels.size} tunnel${tunnels.size === 1 ? "" : "s"}`);
        break;
      }
      case "schema": {
        const { configJsonSchema } = await import("../../config/json-schema.js");
        output.answer(JSON.stringify(configJsonSchema(), null, 2));
        break;
      }
    }
    return exitCode.done;
  },
});
