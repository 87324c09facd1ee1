/** A host and a TCP port. IPv6 hosts are kept without brackets. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A unix socket's path. */
export interface SocketPath {
  readonly path: string;
}

/** Where a forward listens or leads: a TCP address, or a unix socket. */
export type Endpoint = Address | SocketPath;

export function isSocketPath(endpoint: Endpoint): endpoint is SocketPath {
  return "path" in endpoint;
}

/** The path, or `host:port`. */
export function formatEndpoint(endpoint: Endpoint): string {
  return isSocketPath(endpoint) ? endpoint.path : formatAddress(endpoint);
}

/** `host:port`, with brackets around an IPv6 host. */
export function formatAddress(address: Address): string {
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** Splits `host:port`, `[ipv6]:port` or a bare `host`; port is undefined when absent, NaN when it is not a number. */
export function splitHostPort(text: string): { host: string; port: number | undefined } | undefined {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(text);
  if (match === null) return undefined;
  const host = match[1] ?? match[2] ?? "";
  return { host, port: match[3] === undefined ? undefined : parsePort(match[3]) };
}

/** A decimal port number, or NaN. Its range is the caller's to check, because only the caller knows what 0 means. */
export function parsePort(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
}

/** What is wrong with a port, as the end of a sentence; undefined when it is a usable TCP port. */
export function portProblem(port: number): string | undefined {
  if (Number.isNaN(port)) return "is not a number";
  if (port === 0) return "means any port, but a tunnel's address must be stable: choose one from 1 to 65535";
  if (port > 65535) return "is above 65535";
  return undefined;
}

/** 127.0.0.0/8, ::1 and localhost: only this machine can reach it. */
export function isLoopback(host: string): boolean {
  return host === "::1" || host === "localhost" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
