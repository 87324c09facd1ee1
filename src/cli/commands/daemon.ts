import { defineCommand } from "../define-command.js";
import type { ExitCode } from "../exit-code.js";

export const daemon = defineCommand({
  name: "daemon",
  summary: "Run the daemon in the foreground; what services and containers run",
  examples: ["clawtunnel daemon"],
  positionals: {},
  options: { background: { type: "boolean", default: false, hidden: true } },
  run: async ({ paths }, { background }) => {
    const [{ runDaemon }, { tellLauncher }] = await Promise.all([import("../../daemon/main.js"), import("../../daemon/launch.js")]);
    if (!background) return (await runDaemon({ paths, echo: true, onReady: () => {} })) as ExitCode;
    try {
      return (await runDaemon({ paths, echo: false, onReady: () => tellLauncher() })) as ExitCode;
    } catch (error) {
      tellLauncher(error);
      throw error;
    }
  },
});
