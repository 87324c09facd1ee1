import { formatAddress, splitHostPort } from "../../base/address.js";
import type { ForwardStatus } from "../../tunnel/status.js";

/**
 * Where a browser finds what is behind a local forward; undefined for a socket. `localhost`, which OpenClaw's pages are made for,
 * unless something is amiss with the address: then `localhost` may be somebody else's.
 */
export function pageAddress({ bind, warning }: Pick<ForwardStatus, "bind" | "warning">): string | undefined {
  const { host, port } = splitHostPort(bind) ?? {};
  if (host === undefined || port === undefined || Number.isNaN(port)) return undefined;
  const isUsual = warning === null && (host === "127.0.0.1" || host === "::1");
  return `http://${formatAddress({ host: isUsual ? "localhost" : reachable(host), port })}/`;
}

function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}
