import { type CliContext, defineCommand } from "../define-command.js";
import { exitCode } from "../exit-code.js";
import { renderLogLine } from "../render-log.js";

export const daemon = defineCommand({
  name: "daemon",
  summary: "Run the daemon in the foreground; what services and containers run",
  examples: ["clawtunnel daemon", "clawtunnel daemon --stop"],
  positionals: {},
  options: { stop: { type: "boolean", default: false, describe: "End the daemon that runs, and close every tunnel" } },
  run: async (context, args) => {
    const { paths, daemon: running, output } = context;
    if (args.stop) {
      if (await isStoppedByService(context)) return exitCode.done;
      await running.shutdown();
      output.talk("the daemon ends; `clawtunnel up` starts it again, with every tunnel that is not down");
      return exitCode.done;
    }
    const { runDaemon } = await import("../../daemon/main.js");
    // A person reads sentences; a service manager's journal keeps the lines as they are.
    const show = output.isTerminal ? (line: string) => renderLogLine(line, output.style) : (line: string) => line;
    await runDaemon({ paths, echo: (line) => output.talk(show(line.trimEnd())), onReady: () => {} });
    return exitCode.done;
  },
});

/** A manager would start again what only ended. */
async function isStoppedByService(context: CliContext): Promise<boolean> {
  const { hasDefinition } = await import("../../service/definition-place.js");
  if (!hasDefinition(context.paths)) return false;
  const [{ stopByService }, { systemMachine }] = await Promise.all([import("../service/by-service.js"), import("../service/machine.js")]);
  return stopByService(context, systemMachine(context));
}
