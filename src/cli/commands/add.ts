import { Failure } from "../../base/failure.js";
import { parseEntry } from "../../config/parse.js";
import { tunnelNamePattern } from "../../config/schema.js";
import { loadConfig, saveTunnel } from "../../config/store.js";
import { defineCommand } from "../define-command.js";
import { exitCode } from "../exit-code.js";
import { entryFromArgs, targetOptions } from "../target-options.js";

export const add = defineCommand({
  name: "add <name> <target>",
  summary: "Save a tunnel in the config; a running daemon opens it",
  examples: ["clawtunnel add db me@db.example.com -L 5432:127.0.0.1:5432"],
  positionals: {
    name: { type: "string", demandOption: true, describe: "Its name" },
    target: { type: "string", demandOption: true, describe: "user@host" },
  },
  options: withoutName(),
  run: async ({ paths, output }, args) => {
    if (!tunnelNamePattern.test(args.name)) throw new Failure("name-invalid", `"${args.name}" cannot be a tunnel's name`);
    if (loadConfig(paths.configFile).tunnels.has(args.name))
      throw new Failure("name-taken", `there is already a tunnel named "${args.name}"`);
    await saveTunnel(paths.configFile, args.name, parseEntry(entryFromArgs(args.target, args)));
    output.talk(`${args.name} is saved in ${paths.configFile}`);
    return exitCode.done;
  },
});

function withoutName() {
  const { name: _, ...others } = targetOptions;
  return others;
}
