import { setMaxListeners } from "node:events";
import { defineCommand } from "../define-command.js";
import { examine } from "../doctor/examine.js";
import { hasTrouble, renderReport } from "../doctor/render-report.js";
import { exitCode } from "../exit-code.js";

export const doctor = defineCommand({
  name: "doctor [name..]",
  summary: "Walk from the local port to the gateway, find what is broken and say what to do",
  examples: ["clawtunnel doctor", "clawtunnel doctor db", "clawtunnel doctor user@host --json"],
  positionals: { name: { type: "string", array: true, describe: "Saved tunnels, or hosts as ssh takes them; none means all tunnels" } },
  options: { json: { type: "boolean", default: false, describe: "Print what was found as JSON" } },
  run: async (context, args) => {
    const { output, signal } = context;
    // All are looked at at once, each with listeners of its own: as many as there are tunnels is no leak.
    setMaxListeners(0, signal);
    const report = await examine(args.name ?? [], context);
    // Half a look would blame whatever was being looked at.
    if (signal.aborted) return exitCode.failed;
    const columns = output.isTerminal ? process.stdout.columns : undefined;
    output.answer(args.json ? JSON.stringify(report) : renderReport(report, output.style, columns).join("\n"));
    return hasTrouble(report) ? exitCode.failed : exitCode.done;
  },
});
