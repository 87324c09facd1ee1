import { defineCommand } from "../define-command.js";
import { systemMachine } from "../service/machine.js";
import { runUninstall } from "../service/run-uninstall.js";

export const uninstall = defineCommand({
  name: "uninstall",
  summary: "Take the service away again; tunnels and settings stay",
  examples: ["clawtunnel uninstall", "clawtunnel uninstall --dry-run"],
  positionals: {},
  options: {
    "dry-run": { type: "boolean", default: false, describe: "Show what would be done, and change nothing" },
    json: { type: "boolean", default: false, describe: "Print what was done as JSON" },
  },
  run: (context, args) => runUninstall(context, { isDryRun: args["dry-run"], asJson: args.json }, systemMachine(context)),
});
