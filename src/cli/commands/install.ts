import { Failure } from "../../base/failure.js";
import { defineCommand } from "../define-command.js";
import { systemMachine } from "../service/machine.js";
import { runInstall } from "../service/run-install.js";

export const install = defineCommand({
  name: "install",
  summary: "Let systemd, launchd or Task Scheduler run the daemon: it survives reboots",
  examples: ["clawtunnel install", "clawtunnel install --dry-run", "sudo clawtunnel install --system"],
  positionals: {},
  options: {
    "dry-run": { type: "boolean", default: false, describe: "Show each file and command, and change nothing" },
    json: { type: "boolean", default: false, describe: "Print what was done as JSON" },
    system: { type: "boolean", default: false, describe: "For a machine that nobody logs in to; as root, and the daemon runs as you" },
    cron: { type: "boolean", default: false, describe: "Linux without systemd: let cron start it at boot" },
    headless: { type: "boolean", default: false, describe: "macOS without a login at the screen" },
    harden: { type: "boolean", default: true, describe: "--no-harden where a ProxyCommand needs sudo or another setuid program" },
    "replace-older": {
      type: "boolean",
      default: false,
      describe: "Turn off older units, jobs and crontab lines that keep the same forwards open",
    },
  },
  run: (context, args) => {
    if (args.cron && args.system) throw new Failure("usage", "--cron is a user's own, and --system the whole machine's: choose one");
    const wishes = {
      scope: args.system ? "system" : "user",
      isHardened: args.harden,
      isHeadless: args.headless,
      usesCron: args.cron,
    } as const;
    return runInstall(
      context,
      { wishes, replacesOlder: args["replace-older"], isDryRun: args["dry-run"], asJson: args.json },
      systemMachine(context),
    );
  },
});
