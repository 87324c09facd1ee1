import { defineCommand } from "../define-command.js";
import { exitCode } from "../exit-code.js";

export const forget = defineCommand({
  name: "forget",
  summary: "Forget every passphrase and password, also those in the system's keyring",
  examples: ["clawtunnel forget"],
  positionals: {},
  options: { json: { type: "boolean", default: false, describe: "Print the control API's own reply" } },
  run: async ({ daemon, output }, { json }) => {
    const forgotten = await daemon.forget();
    const { accounts, keyringFailure } = forgotten;
    if (json) output.answer(JSON.stringify(forgotten));
    else for (const account of accounts) output.answer(`forgotten: ${account}`);
    if (accounts.length === 0) output.talk("nothing was remembered");
    if (keyringFailure !== null) output.talk(`the system's keyring was not asked: ${keyringFailure}`);
    return exitCode.done;
  },
});
