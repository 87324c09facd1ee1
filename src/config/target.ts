import { userInfo } from "node:os";
import { formatAddress, portProblem, splitHostPort } from "../base/address.js";
import { Failure } from "../base/failure.js";

/** Where to log in. `user` and `port` are filled in; `host` is as the user wrote it, lower case, without brackets. */
export interface Target {
  readonly user: string;
  readonly host: string;
  readonly port: number;
}

const defaultSshPort = 22;

/**
 * Reads `host`, `user@host`, `user@host:port` or `[ipv6]:port`; a bare IPv6 address without a port is accepted as well.
 * Throws `target-invalid`. A leading `-` is refused because another program might take it for an option.
 */
export function parseTarget(text: string): Target {
  const refuse = (why: string) => new Failure("target-invalid", `"${text}" is not a target: ${why}`);
  if (text === "") throw refuse("it is empty");
  if (text.startsWith("-")) throw refuse("it begins with a dash");
  if (text.includes("://")) throw refuse("it is a URL");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
  if (/[\s\u0000-\u001f\u007f]/.test(text)) throw refuse("it holds white space or a control character");

  const at = text.lastIndexOf("@");
  const user = at < 0 ? userInfo().username : text.slice(0, at);
  const where = text.slice(at + 1);
  if (user === "") throw refuse("the user before @ is empty");
  if (user.startsWith("-")) throw refuse("the user begins with a dash");

  const isBareIpv6 = !where.startsWith("[") && where.split(":").length > 2;
  const split = isBareIpv6 ? { host: where, port: undefined } : splitHostPort(where);
  if (split === undefined || split.host === "") throw refuse("the host is missing");
  if (split.host.startsWith("-")) throw refuse("the host begins with a dash");
  if (!/^[A-Za-z0-9._:%-]+$/.test(split.host)) throw refuse("the host has a character that no host name or address has");
  const port = split.port ?? defaultSshPort;
  const problem = portProblem(port);
  if (problem !== undefined) throw refuse(`the port ${problem}`);
  return { user, host: split.host.toLowerCase(), port };
}

export function formatTarget(target: Target): string {
  return `${target.user}@${formatAddress(target)}`;
}
