import { parsePort } from "../base/address.js";
import type { ForwardStatus, TunnelStatus } from "./status.js";

/** The forward behind which an OpenClaw gateway is expected: the first, where there are several. */
export function gatewayForward({ forwards }: Pick<TunnelStatus, "forwards">): ForwardStatus | undefined {
  return forwards.find(({ kind, service }) => kind === "local" && service === "openclaw");
}

/** Where a client of the gateway connects to. */
export function gatewayUrl({ bind }: Pick<ForwardStatus, "bind">): string {
  return `ws://${bind}`;
}

/** The gateway's own port on the server; null where the destination does not tell. */
export function remotePortOf({ to }: Pick<ForwardStatus, "to">): number | null {
  const port = parsePort(to?.split(":").at(-1) ?? "");
  return Number.isNaN(port) ? null : port;
}
