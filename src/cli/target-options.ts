import type { Options } from "yargs";
import { formatAddress, parsePort, portProblem, splitHostPort } from "../base/address.js";
import { Failure } from "../base/failure.js";
import { profilePattern } from "../config/defaults.js";
import { parseTarget } from "../config/target.js";
import type { EngineChoice, OnPortBusy } from "../config/tunnel-spec.js";
import { type ForwardArgs, forwardOptions, forwardsFromArgs } from "./forward-options.js";
import { absolutePath, readSshOptions } from "./ssh-options.js";

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
    describe: "Option of ssh_config, Key=Value; may be repeated",
  },
  J: { type: "string", requiresArg: true, describe: "Jump hosts, [user@]host[:port], several with commas between" },
  F: { type: "string", requiresArg: true, describe: "ssh_config to read in place of yours and the system's; none for none" },
  engine: {
    choices: ["auto", "ssh2", "openssh"],
    describe: "Who speaks SSH: this program, or the system's ssh; auto takes what can do it",
  },
  fallback: {
    type: "string",
    array: true,
    nargs: 1,
    requiresArg: true,
    describe: "Another way to the same server, for when the target does not let us in; may be repeated, in order",
  },
  preset: { choices: ["openclaw"], describe: "What is behind the tunnel; openclaw when there is no -L, -R or -D" },
  profile: { type: "string", requiresArg: true, describe: "The gateway's OpenClaw profile on the server" },
  "local-port": { type: "number", requiresArg: true, describe: "The port on this machine for the gateway, in place of its usual one" },
  "remote-port": {
    type: "string",
    requiresArg: true,
    describe: "The gateway's port on the server, or auto: the one its configuration there says",
  },
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
  readonly J: string | undefined;
  readonly F: string | undefined;
  readonly engine: EngineChoice | undefined;
  readonly fallback: string[] | undefined;
  readonly preset: string | undefined;
  readonly profile: string | undefined;
  readonly "local-port": number | undefined;
  readonly "remote-port": string | undefined;
  readonly "on-port-busy": OnPortBusy | undefined;
  readonly keyring: boolean | undefined;
}

const login = ["p", "l", "i", "o", "J", "F", "engine", "fallback", "keyring"] as const;
const describing = ["L", "R", "D", ...login, "preset", "profile", "local-port", "remote-port"] as const satisfies (keyof TargetArgs)[];

/** Whether anything was given that only a new tunnel can use. What to do about a busy port can be said to a saved one, too. */
export function describesTunnel(args: TargetArgs): boolean {
  return describing.some((option) => args[option] !== undefined);
}

/** A config entry from a command line. Throws `target-invalid`, `forward-invalid`, `bind-public` or `usage`. */
export function entryFromArgs(target: string, args: TargetArgs): Record<string, unknown> {
  const o = readSshOptions(args.o ?? []);
  const withOverrides = overrideTarget(target, args.l ?? o.user, args.p ?? o.port);
  for (const each of [withOverrides, ...(args.fallback ?? [])]) parseTarget(each);
  const forwards = forwardsFromArgs(args);
  const identities = [...(args.i ?? []).map(absolutePath), ...o.identities];
  const jump = args.J?.split(",") ?? o.jump;
  return {
    ...(args.fallback === undefined ? { target: withOverrides } : { targets: [withOverrides, ...args.fallback] }),
    ...((args.preset !== undefined || forwards.length === 0) && { preset: args.preset ?? "openclaw" }),
    ...(forwards.length > 0 && { forwards }),
    ...gatewayFromArgs(args, forwards.length > 0),
    ...(identities.length > 0 && { identities }),
    ...(args.engine !== undefined && { engine: args.engine }),
    ...(args.F !== undefined && { sshConfig: absolutePath(args.F) }),
    ...(jump !== undefined && { jump }),
    ...(o.others.length > 0 && { sshOptions: o.others }),
    ...(o.knownHosts && { knownHosts: o.knownHosts }),
    ...(o.globalKnownHosts && { globalKnownHosts: o.globalKnownHosts }),
    ...(args["on-port-busy"] !== undefined && { onPortBusy: args["on-port-busy"] }),
    ...(args.keyring !== undefined && { keyring: args.keyring }),
    ...(o.connectTimeoutMs !== undefined && { connectTimeoutMs: o.connectTimeoutMs }),
  };
}

/** Where the preset listens and leads. Forwards that are written out say it themselves. */
function gatewayFromArgs(args: TargetArgs, hasForwards: boolean): Record<string, unknown> {
  const { profile, "local-port": localPort, "remote-port": remotePort } = args;
  const given = (["profile", "local-port", "remote-port"] as const).find((option) => args[option] !== undefined);
  if (given === undefined) return {};
  if (hasForwards) {
    throw new Failure("usage", `--${given} is for the OpenClaw preset, and -L, -R and -D say for themselves where they lead`, {
      hint: "Leave them out; or leave it out and write the gateway's port into -L.",
    });
  }
  if (profile !== undefined && !profilePattern.test(profile)) throw new Failure("usage", `"${profile}" cannot be a profile's name`);
  refusePort("local", localPort);
  const port = remotePort === undefined || remotePort === "auto" ? remotePort : parsePort(remotePort);
  if (port !== "auto") refusePort("remote", port, remotePort);
  return {
    ...(profile !== undefined && { profile }),
    ...(localPort !== undefined && { localPort }),
    ...(port !== undefined && { remotePort: port }),
  };
}

function refusePort(side: "local" | "remote", port: number | undefined, written: number | string | undefined = port): void {
  const problem = port === undefined ? undefined : portProblem(port);
  if (problem !== undefined) throw new Failure("usage", `the ${side} port ${written} ${problem}`);
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
