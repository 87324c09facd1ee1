import { formatAddress, parsePort } from "../../base/address.js";
import { splitForward } from "../../config/forward-spec.js";
import type { ForwardEntry } from "../../config/schema.js";

export type ForwardKind = "local" | "remote" | "dynamic";

/** What ssh_config(5) says with a blank in it as `-L` and `-R` say it. A path may hold a blank, and is likelier to listen with it. */
export function joinForwardValue(value: string): string {
  return value.trim().replace(/\s+(?=\S*$)/, ":");
}

/**
 * What `-L`, `-R` or `-D` says as a forward of our config; a text says why there is none. `isGateway` is `-g`: where no bind is
 * written, every address of this machine is meant.
 */
export function readForwardText(kind: ForwardKind, text: string, isGateway: boolean): ForwardEntry | string {
  const fields = splitFields(text);
  if (fields === undefined) return "it is no forward that ssh takes";
  const listen = takeListen(kind, fields, isGateway);
  if (listen === undefined) return "its port is not a number";
  if (kind === "dynamic") return fields.length === 0 ? { dynamic: listen } : "it is no forward that ssh takes";
  // What `ssh -G` prints for a RemoteForward without a destination.
  const isSocks = fields.length === 0 || (kind === "remote" && fields[0] === "socks" && fields[1] === "0");
  if (isSocks) return kind === "remote" ? "a SOCKS proxy on the server has no equivalent" : "it has no destination";
  const to = formatDestination(fields);
  if (to === undefined) return "its destination is neither host:port nor the path of a socket";
  return kind === "local" ? { local: listen, to } : { remote: listen, to };
}

/** At colons, but not within brackets, which are taken off. */
function splitFields(text: string): string[] | undefined {
  const parts = splitForward(text);
  if (parts.length === 0 || parts.length > 4) return undefined;
  return parts.map((part) => part.replace(/^\[(.*)\]$/, "$1"));
}

function isPath(field: string | undefined): boolean {
  return field?.includes("/") ?? false;
}

function isPort(field: string | undefined): boolean {
  return field !== undefined && !Number.isNaN(parsePort(field));
}

/** Takes the fields of the listening side from the front. */
function takeListen(kind: ForwardKind, fields: string[], isGateway: boolean): string | undefined {
  if (isPath(fields[0])) return fields.shift();
  const hasHost = !isPort(fields[0]) || (fields.length === 2 && isPort(fields[1])) || fields.length === 4;
  const host = hasHost ? fields.shift() : isGateway && kind !== "remote" ? "*" : "localhost";
  const port = fields.shift();
  if (host === undefined || port === undefined || !isPort(port)) return undefined;
  return formatAddress({ host: kind === "remote" ? remoteBind(host) : localBind(host), port: parsePort(port) });
}

/** What the words of ssh are on this machine. */
function localBind(host: string): string {
  if (host === "" || host === "*") return "0.0.0.0";
  return host === "localhost" ? "127.0.0.1" : host;
}

/** The server alone knows what they are there. */
function remoteBind(host: string): string {
  return host === "" ? "*" : host;
}

function formatDestination(fields: readonly string[]): string | undefined {
  const [host = "", port] = fields;
  if (fields.length === 1 && isPath(host)) return host;
  return fields.length === 2 && host !== "" && isPort(port) ? formatAddress({ host, port: parsePort(port ?? "") }) : undefined;
}
