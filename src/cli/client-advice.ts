import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { gatewayForward, gatewayUrl, remotePortOf } from "../tunnel/gateway-forward.js";
import type { ForwardStatus, TunnelStatus } from "../tunnel/status.js";
import type { CliContext } from "./define-command.js";

/** Tells how the `openclaw` of this machine is pointed at a tunnel; nothing when it uses it already, or cannot yet. */
export async function adviseClient({ output }: CliContext, tunnel: TunnelStatus): Promise<void> {
  const forward = gatewayForward(tunnel);
  if (forward?.listening !== true || (await isUsed(forward))) return;
  output.talk(clientAdvice(tunnel.name, forward).join("\n"));
}

/** Has the daemon point it there, and keep it so. */
export async function configureClient({ daemon, output }: CliContext, name: string, leavesLocal: boolean): Promise<void> {
  const { file, url, isChanged, backup } = await daemon.configureClient(name, { file: await ownClientConfig(), leavesLocal });
  if (!isChanged) output.talk(`the openclaw of this machine uses ${url} already (${file})`);
  else output.talk(`the openclaw of this machine uses ${url} now (${file}${backup === null ? "" : `; before: ${backup}`})`);
}

export function clientAdvice(name: string, forward: ForwardStatus): string[] {
  const remotePort = remotePortOf(forward);
  const hasOtherPort = remotePort !== null && !forward.bind.endsWith(`:${remotePort}`);
  return [
    "to use it from the openclaw of this machine:",
    "  openclaw config set gateway.mode remote",
    `  openclaw config set gateway.remote.url ${gatewayUrl(forward)}`,
    ...(hasOtherPort ? [`  openclaw config set gateway.remote.remotePort ${remotePort}`] : []),
    `or have it done, and followed when the port moves: clawtunnel up ${name} --configure-client`,
  ];
}

/** A file that cannot be read does not keep anybody from being told what to write into it. */
async function isUsed(forward: ForwardStatus): Promise<boolean> {
  const [{ isClientOf }, { readClientFile }] = await Promise.all([
    import("../openclaw/client/client-edits.js"),
    import("../openclaw/client/client-file.js"),
  ]);
  try {
    return isClientOf(readClientFile(await ownClientConfig()).config, gatewayUrl(forward));
  } catch {
    return false;
  }
}

/** By the environment of this shell, which the daemon does not have. */
async function ownClientConfig(): Promise<string> {
  const { findClientConfig } = await import("../openclaw/client/find-client-config.js");
  return findClientConfig({ env: process.env, home: homedir(), exists: existsSync });
}
