import { completionScript, shells } from "../completion-scripts.js";
import { defineCommand } from "../define-command.js";
import { exitCode } from "../exit-code.js";

export const completion = defineCommand({
  name: "completion <shell>",
  summary: "Print a completion script",
  examples: ["clawtunnel completion bash >> ~/.bashrc", "clawtunnel completion fish > ~/.config/fish/completions/clawtunnel.fish"],
  positionals: { shell: { choices: shells, demandOption: true, describe: "The shell" } },
  options: {},
  run: async ({ output }, { shell }) => {
    output.answer(completionScript(shell));
    return exitCode.done;
  },
});
