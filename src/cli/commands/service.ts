import { defineCommand } from "../define-command.js";
import { systemMachine } from "../service/machine.js";
import { runServiceStatus } from "../service/run-status.js";
import { runServiceTest } from "../service/run-test.js";
import { runServiceVerb } from "../service/run-verb.js";

export const service = defineCommand({
  name: "service <what>",
  summary: "The installed service: how it stands, and proof that it comes back",
  examples: ["clawtunnel service status", "clawtunnel service test", "clawtunnel service restart"],
  positionals: {
    what: {
      choices: ["status", "test", "start", "stop", "restart"],
      demandOption: true,
      describe: "`test` kills the daemon as a crash would",
    },
  },
  options: { json: { type: "boolean", default: false, describe: "Print the answer as JSON" } },
  run: async (context, args) => {
    const machine = systemMachine(context);
    const as = { asJson: args.json };
    switch (args.what) {
      case "status":
        return runServiceStatus(context, as, machine);
      case "test":
        return runServiceTest(context, as, machine);
      default:
        return runServiceVerb(args.what, context, as, machine);
    }
  },
});
