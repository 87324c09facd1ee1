import { defineCommand } from "../define-command.js";
import { exitCode } from "../exit-code.js";

export const demo = defineCommand({
  name: "demo",
  summary: "Show all of it against an embedded SSH server; no account needed",
  examples: ["clawtunnel demo"],
  positionals: {},
  options: {},
  run: async ({ output }) => {
    const { runDemo } = await import("../../demo/run.js");
    return (await runDemo(output)) ? exitCode.done : exitCode.failed;
  },
});
