import { Failure } from "../base/failure.js";
import type { TunnelStatus } from "../tunnel/status.js";

/** The tunnel of that name, or the only one there is. Throws `usage` or `tunnel-unknown`. */
export function oneTunnel(tunnels: readonly TunnelStatus[], name: string | undefined): TunnelStatus {
  if (name === undefined && tunnels.length !== 1) {
    throw new Failure("usage", tunnels.length === 0 ? "there is no tunnel" : "there are several tunnels; name one", {
      hint: "`clawtunnel list` shows them.",
    });
  }
  const tunnel = name === undefined ? tunnels[0] : tunnels.find((candidate) => candidate.name === name);
  if (tunnel === undefined) throw new Failure("tunnel-unknown", `there is no tunnel named "${name}"`);
  return tunnel;
}
