import { defineCommand } from "../define-command.js";
import { exitCode } from "../exit-code.js";
import { renderLogLine } from "../render-log.js";

export const daemon = defineCommand({
  name: "daemon",
  summary: "Run the daemon in the foreground; what services and containers run",
  examples: ["clawtunnel daemon", "clawtunnel daemon --stop"],
  positionals: {},
  options: { stop: { type: "boolean", default: false, describe: "End the daemon that runs, and close every tunnel" } },
  run: async ({ paths, daemon: running, output }, args) => {
    if (args.stop) {
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
