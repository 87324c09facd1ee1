import { singleQuoted } from "../../base/single-quoted.js";
import { gatewayForward, gatewayUrl } from "../../tunnel/gateway-forward.js";
import { defineCommand } from "../define-command.js";
import { exitCode } from "../exit-code.js";
import { oneTunnel } from "../one-tunnel.js";

export const url = defineCommand({
  name: "url [name]",
  summary: "Print the address, alone on a line: the local one, or for -R the server's",
  examples: ["curl $(clawtunnel url)/healthz", 'eval "$(clawtunnel url db --env)"'],
  positionals: { name: { type: "string", describe: "The tunnel; not needed when there is only one" } },
  options: { env: { type: "boolean", default: false, describe: "Print shell assignments instead" } },
  run: async ({ daemon, output }, args) => {
    const { tunnels } = await daemon.status();
    const tunnel = oneTunnel(tunnels, args.name);
    const prefix = `CLAWTUNNEL_${tunnel.name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`;
    for (const [index, { url: address }] of tunnel.forwards.filter(({ optional }) => !optional).entries()) {
      const variable = `${prefix}_${address.includes("://") ? "URL" : "ADDRESS"}${index === 0 ? "" : `_${index + 1}`}`;
      output.answer(args.env ? `${variable}=${singleQuoted(address)}` : address);
    }
    const gateway = gatewayForward(tunnel);
    if (args.env && gateway !== undefined) output.answer(`OPENCLAW_GATEWAY_URL=${singleQuoted(gatewayUrl(gateway))}`);
    if (tunnel.health !== "verified")
      output.talk(`${tunnel.name} is ${tunnel.phase}, and not verified: see \`clawtunnel status ${tunnel.name}\``);
    return exitCode.done;
  },
});
