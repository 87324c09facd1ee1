import {
  type Address,
  type Endpoint,
  formatEndpoint,
  isLoopback,
  isSocketPath,
  parsePort,
  portProblem,
  splitHostPort,
} from "../base/address.js";
import { Failure } from "../base/failure.js";
import { type Destination, formatDestination, parseContainerPort } from "./destination.js";
import { parseSocketPath } from "./socket-path.js";
import type { ForwardSpec } from "./tunnel-spec.js";

/** Both ends of a forward as written: listen on `bind`, dial `to` from the other side. */
export interface ForwardEnds<To extends Destination = Endpoint> {
  readonly bind: Endpoint;
  readonly to: To;
}

const localHost = "127.0.0.1";
/** What ssh(1) asks for where nothing is written: sshd takes both loopback addresses then. */
const remoteHost = "localhost";

/**
 * Reads what `ssh -L` takes: `[bind:]port` or a socket's path, then `host:hostport` or a path; IPv6 hosts in brackets. And what it
 * does not take: `docker:NAME:PORT` at its end. Throws `forward-invalid`, or `bind-public` for a bind that other machines could reach.
 */
export function parseForward(text: string): ForwardEnds<Destination> {
  const container = /:(docker:[^:]*:[^:]*)$/.exec(text)?.[1];
  if (container !== undefined && splitForward(text).length > 3) return parseForwardToContainer(text, container);
  const { bind, to } = splitEnds(text);
  return { bind: parseLocalEnd(text, bind, "local"), to: parseTo(text, to, "server") };
}

/** Reads what `ssh -R` takes: as `-L`, with the sides exchanged, and port 0 where the server is to choose. Throws `forward-invalid`. */
export function parseRemoteForward(text: string): ForwardEnds {
  if (isBindAlone(text)) throw new Failure("forward-invalid", `"${text}": ${noRemoteSocks}`, { hint: remoteSocksHint });
  const { bind, to } = splitEnds(text);
  return { bind: parseRemoteEnd(text, bind), to: parseTo(text, to, "here") };
}

/** Reads what `ssh -D` takes: `[bind:]port`, or a socket's path. Throws `forward-invalid` or `bind-public`. */
export function parseDynamicForward(text: string): Endpoint {
  const parts = splitForward(text);
  if (!isBindAlone(text)) throw refuse(text, "it needs [bind:]port");
  return parseLocalEnd(text, parts, "local");
}

export const noRemoteSocks = "a remote forward without a destination would be a SOCKS proxy on the server, which is not supported";
export const remoteSocksHint = "Say where it leads: -R [bind:]port:host:hostport.";

/** Reads `port`, `host:port`, `[ipv6]:port` or a path, for where this machine listens. Throws `forward-invalid` or `bind-public`. */
export function parseLocalBind(text: string, allowLan: boolean): Endpoint {
  if (isPath(text)) return parseSocketPath(text, "here");
  const bind = parseBindAddress(text);
  return { ...bind, host: checkBindHost(bind.host, allowLan) };
}

/** Reads the same for where the server listens; port 0 lets it choose, and `*` is every address of it. Throws `forward-invalid`. */
export function parseRemoteBind(text: string): Endpoint {
  if (isPath(text)) return parseSocketPath(text, "server");
  const split = /^\d+$/.test(text) ? { host: remoteHost, port: parsePort(text) } : splitHostPort(text);
  return checkAddress(text, split, { isAnyPortFine: true });
}

/** Reads the `to` of a local forward in the config: `host:port`, `[ipv6]:port` or a path of the server, or `docker:NAME:PORT`. */
export function parseDestination(text: string): Destination {
  return parseContainerPort(text) ?? parseDialled(text, "server");
}

/** Reads where a remote forward leads, on this machine. */
export function parseOwnDestination(text: string): Endpoint {
  return parseDialled(text, "here");
}

function parseDialled(text: string, side: "here" | "server"): Endpoint {
  return isPath(text) ? parseSocketPath(text, side) : checkAddress(text, splitHostPort(text));
}

export function parseBindAddress(text: string): Address {
  const split = /^\d+$/.test(text) ? { host: localHost, port: parsePort(text) } : splitHostPort(text);
  return checkAddress(text, split);
}

/** `localhost` as the address it stands for; throws `bind-public` for what is not loopback, unless it was allowed. */
export function checkBindHost(host: string, allowLan: boolean): string {
  if (host === "localhost") return localHost;
  if (isLoopback(host) || (allowLan && isHost(host))) return host;
  if (allowLan) throw new Failure("forward-invalid", `"${host}" is not an address to listen on; every address is 0.0.0.0 or ::`);
  const shown = isEveryHost(host) ? "every address of this machine" : host;
  throw new Failure("bind-public", `a forward on ${shown} would let other machines in`);
}

/** One forward in a few words. */
export function describeForward(forward: Pick<ForwardSpec, "kind" | "bind"> & { readonly to?: Destination }): string {
  const [bind, to] = [formatEndpoint(forward.bind), forward.to && formatDestination(forward.to)];
  switch (forward.kind) {
    case "local":
      return `${bind} to ${to}`;
    case "remote":
      return `${bind} on the server to ${to} here`;
    case "dynamic":
      return `${bind} as a SOCKS proxy`;
  }
}

/** ssh(1) takes nothing with these colons: what stands before `docker` would be a port, and is never one. */
function parseForwardToContainer(text: string, container: string): ForwardEnds<Destination> {
  const bind = splitForward(text.slice(0, -container.length - 1));
  if (bind.length > 2) throw refuse(text, "it needs [bind:]port:docker:name:port");
  return { bind: parseLocalEnd(text, bind, "local"), to: parseDestination(container) };
}

/** The bind and the destination, each in its parts; whether they are what they should be is for others to see. */
function splitEnds(text: string): { readonly bind: readonly string[]; readonly to: readonly string[] } {
  const parts = splitForward(text);
  const bindLength = parts.length - (isPath(parts.at(-1)) ? 1 : 2);
  if (bindLength < 1 || bindLength > 2) throw refuse(text, "it needs [bind:]port:host:hostport, or a socket's path on either side");
  return { bind: parts.slice(0, bindLength), to: parts.slice(bindLength) };
}

/** What stands between the colons of a forward as ssh(1) takes it; an IPv6 host has brackets around it. None where the text is no forward. */
export function splitForward(text: string): readonly string[] {
  const parts = text.match(/\[[^\]]*\]|[^:]+|(?<=^|:)(?=:)/g) ?? [];
  return parts.join(":") === text ? parts : [];
}

function isBindAlone(text: string): boolean {
  const parts = splitForward(text);
  return parts.length === 1 || (parts.length === 2 && !parts.some(isPath));
}

function parseLocalEnd(text: string, parts: readonly string[], side: string): Endpoint {
  const bind = parseEnd(text, parts, localHost, "here");
  if (isSocketPath(bind)) return bind;
  checkPort(text, side, bind.port);
  if (!isHost(bind.host) && !isEveryHost(bind.host)) throw refuse(text, `"${bind.host}" is not a host`);
  return { ...bind, host: checkBindHost(bind.host, false) };
}

function parseRemoteEnd(text: string, parts: readonly string[]): Endpoint {
  const bind = parseEnd(text, parts, remoteHost, "server");
  if (isSocketPath(bind)) return bind;
  if (bind.port !== 0) checkPort(text, "remote", bind.port);
  if (isEveryHost(bind.host)) return { ...bind, host: "*" };
  if (!isHost(bind.host)) throw refuse(text, `"${bind.host}" is not a host`);
  return bind;
}

function parseTo(text: string, parts: readonly string[], side: "here" | "server"): Endpoint {
  const to = parseEnd(text, parts, "", side);
  if (isSocketPath(to)) return to;
  if (to.host === "") throw refuse(text, "the destination host is empty");
  checkPort(text, "destination", to.port);
  if (!isHost(to.host)) throw refuse(text, `"${to.host}" is not a host`);
  return to;
}

function parseEnd(text: string, parts: readonly string[], defaultHost: string, side: "here" | "server"): Endpoint {
  const [host = "", port = ""] = parts.length === 1 ? [defaultHost, ...parts] : parts;
  if (parts.length === 1 && isPath(port)) return parseSocketPath(port, side);
  if (parts.some(isPath)) throw refuse(text, "a socket's path has no host or port beside it");
  return { host: bareHost(host), port: parsePort(port) };
}

function checkPort(text: string, side: string, port: number): void {
  const problem = portProblem(port);
  if (problem !== undefined) throw refuse(text, `the ${side} port ${problem}`);
}

function checkAddress(
  text: string,
  split: { host: string; port: number | undefined } | undefined,
  { isAnyPortFine = false } = {},
): Address {
  if (split === undefined || (!isHost(split.host) && split.host !== "*"))
    throw new Failure("forward-invalid", `"${text}" is not host:port`);
  const problem = split.port === undefined ? "is missing" : portProblem(split.port);
  if (problem !== undefined && !(isAnyPortFine && split.port === 0)) throw new Failure("forward-invalid", `"${text}": the port ${problem}`);
  return { host: split.host, port: split.port ?? 0 };
}

function refuse(text: string, why: string): Failure {
  return new Failure("forward-invalid", `"${text}" is not a forward: ${why}`);
}

/** A part with a slash in it, as to ssh(1). */
function isPath(part: string | undefined): boolean {
  return part?.includes("/") ?? false;
}

/** How ssh(1) writes a bind to every address. */
function isEveryHost(host: string): boolean {
  return host === "" || host === "*";
}

/** A name or an address; `*` and the empty host of `ssh -L` are told apart before. */
function isHost(host: string): boolean {
  return /^[A-Za-z0-9_.:%-]+$/.test(host);
}

function bareHost(text: string): string {
  return /^\[.*\]$/.test(text) ? text.slice(1, -1) : text;
}
