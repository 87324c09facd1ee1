import type { IncomingHttpHeaders } from "node:http";

/** `curl --unix-socket … http://localhost/v1/status` and our own client; nothing else has business here. */
const welcomeHosts = new Set(["localhost", "clawtunnel"]);

/**
 * Why a request is turned away before anything else is looked at; undefined when it may pass. A browser always betrays itself
 * by Origin, Referer or Sec-Fetch-*, and a rebound name by its Host: neither may reach the control API, whatever carries them.
 */
export function refuseRequest(headers: IncomingHttpHeaders): string | undefined {
  if (headers.origin !== undefined || headers.referer !== undefined || headers["sec-fetch-site"] !== undefined)
    return "browsers are not served";
  const host = headers.host?.replace(/:\d+$/, "");
  if (host === undefined || !welcomeHosts.has(host)) return "the Host header must be localhost";
  return undefined;
}
