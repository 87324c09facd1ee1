import { defineCommand } from "../define-command.js";
import { exitCode } from "../exit-code.js";

export const daemon = defineCommand({
  name: "daemon",
  summary: "Run the daemon in the foreground; what services and containers run",
  examples: ["clawtunnel daemon"],
  positionals: {},
  options: {},
  run: async ({ paths }) => {
    const { runDaemon } = await import("../../daemon/main.js");
    await runDaemon({ paths, echo: true, onReady: () => {} });
    return exitCode.done;
  },
});
