import { isIPv4, isIPv6 } from "node:net";
import type { Address } from "../../base/address.js";
import type { FailureReport } from "../../base/failure.js";

/** Where a daemon runs, as far as macOS's rules for the local network go. */
export interface NetworkConsent {
  readonly platform: NodeJS.Platform;
  /** `os.release()`: Darwin 24 is macOS 15, the first that asks. */
  readonly release: string;
  /** Who started the daemon. Agents of launchd need consent; its system daemons, and what a terminal or ssh started, do not. */
  readonly service: string;
  readonly isSystemScope: boolean;
}

/** Refused for want of consent, a connect fails as if there were no way (Apple TN3179). A jump host that has no way says so itself. */
const noWay = /EHOSTUNREACH|EHOSTDOWN|No route to host|Host is down/i;
const fromJumpHost = /jump host/;

/** What to do when it may be macOS that keeps the daemon from the local network; undefined when it is not. */
export function localNetworkHint(
  { platform, release, service, isSystemScope }: NetworkConsent,
  { code, message }: Pick<FailureReport, "code" | "message">,
  firstHop: Address | null,
): string | undefined {
  const asks = platform === "darwin" && Number.parseInt(release, 10) >= 24 && service === "launchd" && !isSystemScope;
  if (!asks || code !== "host-unreachable" || !noWay.test(message) || fromJumpHost.test(message)) return undefined;
  const [reached] = /\b\d{1,3}(?:\.\d{1,3}){3}\b/.exec(message) ?? [];
  if (!isOnLocalNetwork(reached ?? firstHop?.host ?? "")) return undefined;
  return "macOS may keep the service from your local network: allow node in System Settings > Privacy & Security > Local Network, or let it run as a system daemon, which needs no consent: `sudo clawtunnel install --system`. Otherwise check this machine's network and VPN.";
}

/** A private or link-local address, or a name that only a local network knows. */
export function isOnLocalNetwork(host: string): boolean {
  if (isIPv4(host)) return /^(?:10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.)/.test(host);
  if (isIPv6(host)) return /^(?:f[cd]|fe[89ab])[\da-f]{0,2}:/i.test(host);
  return /^[\w-]+(?:\.local\.?)?$/i.test(host) && host !== "localhost";
}
