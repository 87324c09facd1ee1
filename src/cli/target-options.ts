import type { Options } from "yargs";
import { formatAddress, splitHostPort } from "../base/address.js";
import { Failure } from "../base/failure.js";
import { parseTarget } from "../config/target.js";
import type { OnPortBusy } from "../config/tunnel-spec.js";
import { type ForwardArgs, forwardOptions, forwardsFromArgs } from "./forward-options.js";

/** The options of ssh(1) that describe a tunnel, with the same letters and meaning. Shared by `up` and `add`. */
export const targetOptions = {
  ...forwardOptions,
  p: { type: "number", requiresArg: true, describe: "SSH port" },
  l: { type: "string", requiresArg: true, describe: "User to log in as" },
  i: { type: "string", array: true, nargs: 1, requiresArg: true, describe: "Identity (private key) file; may be repeated" },
  o: {
    type: "string",
    array: true,
    nargs: 1,
    requiresArg: true,
    describe: "ssh option Key=Value: UserKnownHostsFile, GlobalKnownHostsFile, IdentityFile, User, Port, ConnectTimeout",
  },
  preset: { choices: ["openclaw"], describe: "What is behind the tunnel; openclaw when there is no -L, -R or -D" },
  "on-port-busy": {
    choices: ["hold", "next", "replace"],
    describe: "When the local port is busy: wait, take the next free one, or end a stale ssh with this very forward",
  },
  keyring: { type: "boolean", describe: "Keep passphrases and passwords in the system's keyring, once they were right" },
  name: { type: "string", requiresArg: true, describe: "The tunnel's name" },
} as const satisfies Record<string, Options>;

export interface TargetArgs extends ForwardArgs {
  readonly p: number | undefined;
  readonly l: string | undefined;
  readonly i: string[] | undefined;
  readonly o: string[] | undefined;
  readonly preset: string | undefined;
  readonly "on-port-busy": OnPortBusy | undefined;
  readonly keyring: boolean | undefined;
}

/** Whether anything was given that only a new tunnel can use. What to do about a busy port can be said to a saved one, too. */
export function describesTunnel({ L, R, D, p, l, i, o, preset, keyring }: TargetArgs): boolean {
  return [L, R, D, p, l, i, o, preset, keyring].some((value) => value !== undefined);
}

/** A config entry from a command line. Throws `target-invalid`, `forward-invalid`, `bind-public` or `usage`. */
export function entryFromArgs(target: string, args: TargetArgs): Record<string, unknown> {
  const o = readSshOptions(args.o ?? []);
  const withOverrides = overrideTarget(target, args.l ?? o.user, args.p ?? o.port);
  parseTarget(withOverrides);
  const forwards = forwardsFromArgs(args);
  const identities = [...(args.i ?? []), ...o.identities].map(absolute);
  return {
    target: withOverrides,
    ...((args.preset !== undefined || forwards.length === 0) && { preset: args.preset ?? "openclaw" }),
    ...(forwards.length > 0 && { forwards }),
    ...(identities.length > 0 && { identities }),
    ...(o.knownHosts && { knownHosts: o.knownHosts.map(absolute) }),
    ...(o.globalKnownHosts && { globalKnownHosts: o.globalKnownHosts.map(absolute) }),
    ...(args["on-port-busy"] !== undefined && { onPortBusy: args["on-port-busy"] }),
    ...(args.keyring !== undefined && { keyring: args.keyring }),
    ...(o.connectTimeoutMs !== undefined && { connectTimeoutMs: o.connectTimeoutMs }),
  };
}

interface SshOptions {
  identities: string[];
  knownHosts?: string[];
  globalKnownHosts?: string[];
  user?: string;
  port?: number;
  connectTimeoutMs?: number;
}

/** `-o Key=Value` or `-o "Key Value"`, keys in any case and the first value wins, as in ssh_config(5). What is not honoured is refused, not ignored. */
function readSshOptions(options: readonly string[]): SshOptions {
  const read: SshOptions = { identities: [] };
  for (const option of options) {
    const [, key = "", value = ""] = /^\s*([A-Za-z]+)\s*[=\s]\s*(.*?)\s*$/s.exec(option) ?? [];
    if (value === "") throw new Failure("usage", `-o ${option}: it must be Key=Value`);
    switch (key.toLowerCase()) {
      case "userknownhostsfile":
        read.knownHosts ??= value.split(/\s+/);
        break;
      case "globalknownhostsfile":
        read.globalKnownHosts ??= value.split(/\s+/);
        break;
      case "identityfile":
        read.identities.push(value);
        break;
      case "user":
        read.user ??= value;
        break;
      case "port":
        read.port ??= readNumber(key, value);
        break;
      case "connecttimeout":
        read.connectTimeoutMs ??= readNumber(key, value) * 1000;
        if (!/^[1-9]\d{0,3}$/.test(value))
          throw new Failure("usage", `-o ${option}: ConnectTimeout must be a number of seconds from 1 to 9999`);
        break;
      default:
        throw new Failure("usage", `-o ${key} is not supported yet`, {
          hint: "Supported: UserKnownHostsFile, GlobalKnownHostsFile, IdentityFile, User, Port, ConnectTimeout.",
        });
    }
  }
  return read;
}

function readNumber(key: string, value: string): number {
  if (!/^\d+$/.test(value)) throw new Failure("usage", `-o ${key}=${value}: it must be a whole number`);
  return Number(value);
}

/** `-l` and `-p` written into the target, in the form that the config keeps. A target that says otherwise is a contradiction. */
function overrideTarget(target: string, user: string | undefined, port: number | undefined): string {
  const at = target.lastIndexOf("@");
  const where = target.slice(at + 1);
  const isBareIpv6 = !where.startsWith("[") && where.split(":").length > 2;
  const split = isBareIpv6 ? { host: where, port: undefined } : splitHostPort(where);
  if (user !== undefined && at >= 0 && target.slice(0, at) !== user) throw new Failure("usage", `the user ${user} contradicts ${target}`);
  if (port !== undefined && split?.port !== undefined && split.port !== port)
    throw new Failure("usage", `the port ${port} contradicts ${target}`);
  const prefix = user === undefined ? target.slice(0, at + 1) : `${user}@`;
  return port === undefined || split === undefined ? `${prefix}${where}` : `${prefix}${formatAddress({ host: split.host, port })}`;
}

/** Paths are meant from where the person stands; the daemon stands elsewhere. `~` is left for the daemon to read. */
function absolute(path: string): string {
  return path.startsWith("~") || path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path) ? path : `${process.cwd()}/${path}`;
}
