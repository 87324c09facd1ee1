import { Failure } from "../../base/failure.js";
import { gatewayForward } from "../../tunnel/gateway-forward.js";
import type { TunnelStatus } from "../../tunnel/status.js";
import { type CliContext, defineCommand } from "../define-command.js";
import { exitCode, exitCodeOfTunnels } from "../exit-code.js";
import { oneTunnel } from "../one-tunnel.js";
import { handOver } from "../open/hand-over.js";
import { openBrowser } from "../open/open-browser.js";
import { pageAddress } from "../open/page-address.js";
import { readToken } from "../open/read-token.js";

/** A browser that is started for this may take its time. */
const fetchMaxMs = 60_000;

export const open = defineCommand({
  name: "open [name]",
  summary: "Open it in the browser: the gateway's Control UI, or whatever page is behind the tunnel",
  examples: ["clawtunnel open", "clawtunnel open web", "clawtunnel open --token-file ~/.openclaw-token", "clawtunnel open --print"],
  positionals: { name: { type: "string", describe: "The tunnel; not needed when there is only one, or one gateway" } },
  options: {
    print: { type: "boolean", default: false, describe: "Print the address, and open nothing" },
    token: { type: "boolean", default: false, describe: "Log in with the gateway's token, by default that of OPENCLAW_GATEWAY_TOKEN" },
    "token-env": { type: "string", requiresArg: true, describe: "The variable that holds the token" },
    "token-file": { type: "string", requiresArg: true, describe: "The file that holds the token, which only you can read" },
  },
  run: async (context, args) => {
    const { daemon, output } = context;
    const isLogIn = args.token || args["token-env"] !== undefined || args["token-file"] !== undefined;
    if (args.print && isLogIn) throw new Failure("usage", "a token is not printed: leave out --print, or the token");
    if (args["token-env"] !== undefined && args["token-file"] !== undefined)
      throw new Failure("usage", "--token-env and --token-file are one too many");
    const { tunnels } = await daemon.status();
    const gateways = tunnels.filter((tunnel) => gatewayForward(tunnel) !== undefined);
    const tunnel = oneTunnel(args.name === undefined && gateways.length === 1 ? gateways : tunnels, args.name);
    const address = addressOf(tunnel);
    if (args.print) {
      output.answer(address);
      return exitCode.done;
    }
    if (tunnel.phase !== "up") {
      output.talk(`${tunnel.name} is ${tunnel.phase}: see \`clawtunnel status ${tunnel.name}\``);
      return exitCodeOfTunnels([tunnel], true);
    }
    if (isLogIn && gatewayForward(tunnel) === undefined)
      throw new Failure("usage", `the tunnel ${tunnel.name} leads to no OpenClaw gateway`);
    if (tunnel.health !== "verified") output.talk(`${tunnel.name} is not verified: see \`clawtunnel status ${tunnel.name}\``);
    await show(context, address, isLogIn ? readToken(args, process.env) : undefined);
    output.talk(`opened ${address}`);
    return exitCode.done;
  },
});

function addressOf(tunnel: TunnelStatus): string {
  const forward = gatewayForward(tunnel) ?? tunnel.forwards.find(({ kind }) => kind === "local");
  const address = forward && pageAddress(forward);
  if (address === undefined) throw new Failure("usage", `the tunnel ${tunnel.name} has no local port that a browser could open`);
  return address;
}

/** With a token the browser is sent to a page that tells it, since an opener's arguments can be seen by everybody. */
async function show({ signal }: CliContext, address: string, token: string | undefined): Promise<void> {
  const hint = `Open it by hand: ${address}`;
  const fail = (error: unknown) =>
    Promise.reject(error instanceof Failure ? new Failure(error.code, error.message, { hint, cause: error }) : error);
  if (token === undefined) return openBrowser(address).catch(fail);
  const page = await handOver(`${address}#token=${encodeURIComponent(token)}`, fetchMaxMs, signal);
  try {
    await openBrowser(page.url).catch(fail);
    if (!(await page.taken))
      throw new Failure("browser-unavailable", `no browser came for the page within ${fetchMaxMs / 1000} s`, { hint });
  } finally {
    page.close();
  }
}
