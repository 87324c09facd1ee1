import { defineCommand } from "../define-command.js";
import { exitCode } from "../exit-code.js";
import { parseSince } from "../since.js";

export const events = defineCommand({
  name: "events",
  summary: "Print each change as it comes, one JSON object a line",
  examples: ["clawtunnel events", "clawtunnel events --since 10m"],
  positionals: {},
  options: { since: { type: "string", requiresArg: true, describe: "Begin with the past: 10m, 2h, 7d, or a time in ISO 8601" } },
  run: async ({ daemon, output, signal }, { since }) => {
    const sinceMs = since === undefined ? undefined : parseSince(since, Date.now());
    for await (const record of daemon.records(sinceMs, signal)) output.answer(JSON.stringify(record));
    if (signal.aborted) return exitCode.done;
    output.talk("the daemon has ended");
    return exitCode.noDaemon;
  },
});
