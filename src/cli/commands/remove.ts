import { Failure } from "../../base/failure.js";
import { loadConfig, saveTunnel } from "../../config/store.js";
import { defineCommand } from "../define-command.js";
import { exitCode } from "../exit-code.js";

export const remove = defineCommand({
  name: "remove <name>",
  summary: "Close a tunnel and take it out of the config",
  examples: ["clawtunnel remove db"],
  positionals: { name: { type: "string", demandOption: true, describe: "The tunnel" } },
  options: {},
  run: async ({ daemon, paths, output }, { name }) => {
    try {
      await daemon.remove(name);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== "daemon-not-running") throw error;
      if (!loadConfig(paths.configFile).tunnels.has(name)) throw new Failure("tunnel-unknown", `there is no tunnel named "${name}"`);
      await saveTunnel(paths.configFile, name, undefined);
    }
    output.talk(`${name} is removed`);
    return exitCode.done;
  },
});
