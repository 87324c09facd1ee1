import { userInfo } from "node:os";
import { formatAddress, portProblem, splitHostPort } from "../base/address.js";
import { Failure } from "../base/failure.js";

/** Where to log in, as the user wrote it: `host` may be an alias of ssh_config. What was not said is null, and ssh_config says it. */
export interface Target {
  readonly user: string | null;
  /** Without brackets; upper and lower case as written, because aliases differ in it. */
  readonly host: string;
  readonly port: number | null;
}

/** Where a log-in leads, with nothing left open. */
export interface Server {
  readonly user: string;
  readonly host: string;
  readonly port: number;
}

export const defaultSshPort = 22;

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
  const user = at < 0 ? null : text.slice(0, at);
  const where = text.slice(at + 1);
  if (user === "") throw refuse("the user before @ is empty");
  const userFault = user === null ? undefined : userProblem(user);
  if (userFault !== undefined) throw refuse(`the user ${userFault}`);

  const isBareIpv6 = !where.startsWith("[") && where.split(":").length > 2;
  const split = isBareIpv6 ? { host: where, port: undefined } : splitHostPort(where);
  if (split === undefined || split.host === "") throw refuse("the host is missing");
  if (split.host.startsWith("-")) throw refuse("the host begins with a dash");
  if (!/^[A-Za-z0-9._:%+-]+$/.test(split.host)) throw refuse("the host has a character that no host name or address has");
  const problem = split.port === undefined ? undefined : portProblem(split.port);
  if (problem !== undefined) throw refuse(`the port ${problem}`);
  return { user, host: split.host, port: split.port ?? null };
}

/**
 * What is wrong with a user's name, as the end of a sentence: a ProxyCommand with `%r` hands it to a shell, and so does ssh for a
 * jump host. As in ssh since 9.6, which older ones are not protected without.
 */
export function userProblem(user: string): string | undefined {
  if (user.startsWith("-")) return "begins with a dash";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
  if (/['`";&<>|(){}\u0000-\u001f\u007f]/.test(user)) return "has a character that means something to a shell";
  if (/\s-/.test(user)) return "has a dash after a blank";
  return user.endsWith("\\") ? "ends with a backslash" : undefined;
}

/** As it was written, as far as it was: `host`, `user@host` or `user@host:port`. */
export function formatTarget({ user, host, port }: Target): string {
  const where = port === null ? host : formatAddress({ host, port });
  return user === null ? where : `${user}@${where}`;
}

/** What a target means where no ssh_config has a say in it. */
export function serverOf({ user, host, port }: Target): Server {
  return { user: user ?? userInfo().username, host: host.toLowerCase(), port: port ?? defaultSshPort };
}

export function formatServer(server: Server): string {
  return `${server.user}@${formatAddress(server)}`;
}
