import { type Address, formatAddress, isLoopback, parsePort, portProblem, splitHostPort } from "../base/address.js";
import { Failure } from "../base/failure.js";

/** A local forward as written: listen on `bind`, dial `to` from the server. */
export interface ForwardAddresses {
  readonly bind: Address;
  readonly to: Address;
}

const defaultBindHost = "127.0.0.1";

/**
 * Reads what `ssh -L` takes: `port:host:hostport` or `bind:port:host:hostport`, IPv6 hosts in brackets.
 * Throws `forward-invalid`, or `bind-public` for a bind that other machines could reach.
 */
export function parseForward(text: string): ForwardAddresses {
  const refuse = (why: string) => new Failure("forward-invalid", `"${text}" is not a forward: ${why}`);
  if (text.includes("/")) throw refuse("unix sockets are not supported yet");
  const parts = text.match(/\[[^\]]*\]|[^:]+|(?<=^|:)(?=:)/g) ?? [];
  if (parts.join(":") !== text || parts.length < 3 || parts.length > 4) throw refuse("it needs [bind:]port:host:hostport");
  const [bindHost, bindPort, toHost, toPort] = parts.length === 4 ? parts : [defaultBindHost, ...parts];
  const bind = { host: bareHost(bindHost), port: parsePort(bindPort ?? "") };
  const to = { host: bareHost(toHost), port: parsePort(toPort ?? "") };
  if (to.host === "") throw refuse("the destination host is empty");
  for (const [side, port] of [
    ["local", bind.port],
    ["destination", to.port],
  ] as const) {
    const problem = portProblem(port);
    if (problem !== undefined) throw refuse(`the ${side} port ${problem}`);
  }
  for (const host of [bind.host, to.host])
    if (!isHost(host) && !(host === bind.host && isEveryHost(host))) throw refuse(`"${host}" is not a host`);
  const listenHost = checkBindHost(bind.host, false);
  return { bind: { ...bind, host: listenHost }, to };
}

/** Reads `port`, `host:port` or `[ipv6]:port` of a forward in the config. Throws `forward-invalid`. */
export function parseBindAddress(text: string): Address {
  const split = /^\d+$/.test(text) ? { host: defaultBindHost, port: parsePort(text) } : splitHostPort(text);
  return checkAddress(text, split);
}

/** Reads the `to` of a forward in the config: `host:port` or `[ipv6]:port`. Throws `forward-invalid`. */
export function parseDestination(text: string): Address {
  return checkAddress(text, splitHostPort(text));
}

/** `localhost` as the address it stands for; throws `bind-public` for what is not loopback, unless it was allowed. */
export function checkBindHost(host: string, allowLan: boolean): string {
  if (host === "localhost") return defaultBindHost;
  if (isLoopback(host) || (allowLan && isHost(host))) return host;
  if (allowLan) throw new Failure("forward-invalid", `"${host}" is not an address to listen on; every address is 0.0.0.0 or ::`);
  const shown = isEveryHost(host) ? "every address of this machine" : host;
  throw new Failure("bind-public", `a forward on ${shown} would let other machines in`);
}

export function describeForward(forward: ForwardAddresses): string {
  return `${formatAddress(forward.bind)} to ${formatAddress(forward.to)}`;
}

function checkAddress(text: string, split: { host: string; port: number | undefined } | undefined): Address {
  if (split === undefined || (!isHost(split.host) && split.host !== "*"))
    throw new Failure("forward-invalid", `"${text}" is not host:port`);
  const problem = split.port === undefined ? "is missing" : portProblem(split.port);
  if (problem !== undefined) throw new Failure("forward-invalid", `"${text}": the port ${problem}`);
  return { host: split.host, port: split.port ?? 0 };
}

/** How ssh(1) writes a bind to every address. */
function isEveryHost(host: string): boolean {
  return host === "" || host === "*";
}

/** A name or an address; `*` and the empty host of `ssh -L` are told apart before. */
function isHost(host: string): boolean {
  return /^[A-Za-z0-9_.:%-]+$/.test(host);
}

function bareHost(text = ""): string {
  return /^\[.*\]$/.test(text) ? text.slice(1, -1) : text;
}
