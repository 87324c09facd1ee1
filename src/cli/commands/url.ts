import { Failure } from "../../base/failure.js";
import { defineCommand } from "../define-command.js";
import { exitCode } from "../exit-code.js";

export const url = defineCommand({
  name: "url [name]",
  summary: "Print the address, alone on a line: the local one, or for -R the server's",
  examples: ["curl $(clawtunnel url)/healthz", 'eval "$(clawtunnel url db --env)"'],
  positionals: { name: { type: "string", describe: "The tunnel; not needed when there is only one" } },
  options: { env: { type: "boolean", default: false, describe: "Print shell assignments instead" } },
  run: async ({ daemon, output }, args) => {
    const { tunnels } = await daemon.status();
    if (args.name === undefined && tunnels.length !== 1) {
      throw new Failure("usage", tunnels.length === 0 ? "there is no tunnel" : "there are several tunnels; name one", {
        hint: "`clawtunnel list` shows them.",
      });
    }
    const tunnel = args.name === undefined ? tunnels[0] : tunnels.find(({ name }) => name === args.name);
    if (tunnel === undefined) throw new Failure("tunnel-unknown", `there is no tunnel named "${args.name}"`);
    const prefix = `CLAWTUNNEL_${tunnel.name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`;
    for (const [index, { url: address }] of tunnel.forwards.filter(({ optional }) => !optional).entries()) {
      const variable = `${prefix}_${address.includes("://") ? "URL" : "ADDRESS"}${index === 0 ? "" : `_${index + 1}`}`;
      output.answer(args.env ? `${variable}=${quoted(address)}` : address);
    }
    if (tunnel.health !== "verified")
      output.talk(`${tunnel.name} is ${tunnel.phase}, and not verified: see \`clawtunnel status ${tunnel.name}\``);
    return exitCode.done;
  },
});

/** As one word for a shell: a socket's path may hold anything. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
