import { timingDefaults } from "../../config/defaults.js";
import { forwardEntries } from "../../config/resolve-forward.js";
import type { ConfigFile, ForwardEntry, TunnelEntry } from "../../config/schema.js";
import { readSshOption } from "../../config/ssh-option.js";
import { parseTarget, type Target } from "../../config/target.js";
import { writtenTarget } from "../../config/targets-of.js";

/** One of ssh's ways to say a thing, both as an option of ssh(1) and as a keyword of ssh_config(5). */
export interface SshSetting {
  readonly key: string;
  /** As it stands in ssh_config(5), quotes included. */
  readonly value: string;
}

/** What ssh_config says of the host of a tunnel. */
export interface HostFacts {
  /** Keywords that it has a value for: where the tunnel says nothing, ours must not stand before it. */
  readonly configured: ReadonlySet<string>;
  /** Whether the host is another one under another name. */
  readonly isAlias: boolean;
}

const nothingConfigured: HostFacts = { configured: new Set(), isAlias: false };

/** A tunnel in ssh's own words: what every writer writes, each in its way. */
export interface OutgoingTunnel {
  readonly name: string;
  readonly target: Target;
  readonly isAlias: boolean;
  readonly configFile: string | null;
  readonly identities: readonly string[];
  readonly jump: readonly string[];
  readonly settings: readonly SshSetting[];
  readonly forwards: readonly OutgoingForward[];
}

export interface OutgoingForward {
  readonly letter: "L" | "R" | "D";
  readonly listen: string;
  /** Null for a dynamic one. */
  readonly to: string | null;
}

/** With all that our config's and our own defaults add to it. */
export function outgoingTunnel(
  name: string,
  entry: TunnelEntry,
  defaults: NonNullable<ConfigFile["defaults"]> = {},
  { configured, isAlias }: HostFacts = nothingConfigured,
): OutgoingTunnel {
  const options = (entry.sshOptions ?? [])
    .flatMap((option) => readSshOption(option) ?? [])
    .map(({ keyword, value }) => ({ key: keyword, value }));
  const timing = <K extends TimingKey>(key: string, setting: K, write: (value: number) => string): SshSetting[] => {
    const said = entry[setting] ?? defaults[setting];
    const isLeft = configured.has(key) || options.some((option) => option.key.toLowerCase() === key.toLowerCase());
    return said === undefined && isLeft ? [] : [{ key, value: write(said ?? timingDefaults[setting]) }];
  };
  const files = (key: string, paths: readonly string[] | undefined): SshSetting[] =>
    paths === undefined ? [] : [{ key, value: paths.length === 0 ? "none" : paths.map(homePath).map(quoteBlanks).join(" ") }];
  return {
    name,
    target: parseTarget(writtenTarget(entry)),
    isAlias,
    configFile: entry.sshConfig === undefined ? null : entry.sshConfig === "none" ? "none" : homePath(entry.sshConfig),
    identities: (entry.identities ?? []).map(homePath),
    jump: entry.jump ?? [],
    settings: [
      { key: "ExitOnForwardFailure", value: "yes" },
      ...timing("ServerAliveInterval", "keepaliveIntervalMs", inSeconds),
      ...timing("ServerAliveCountMax", "keepaliveCountMax", String),
      ...timing("ConnectTimeout", "connectTimeoutMs", inSeconds),
      ...files("UserKnownHostsFile", entry.knownHosts),
      ...files("GlobalKnownHostsFile", entry.globalKnownHosts),
      ...options,
    ],
    forwards: forwardEntries(entry).map(outgoingForward),
  };
}

type TimingKey = "keepaliveIntervalMs" | "keepaliveCountMax" | "connectTimeoutMs";

/** ssh counts in whole seconds. */
function inSeconds(lengthMs: number): string {
  return String(Math.ceil(lengthMs / 1000));
}

/** Our config means a relative path from the home folder, ssh from the folder it is started in. */
function homePath(path: string): string {
  return /^(?:[~/]|[A-Za-z]:[\\/])/.test(path) ? path : `~/${path}`;
}

function quoteBlanks(path: string): string {
  return /\s/.test(path) ? `"${path}"` : path;
}

function outgoingForward({ local, remote, dynamic, to }: ForwardEntry): OutgoingForward {
  if (dynamic !== undefined) return { letter: "D", listen: withHost(dynamic, "127.0.0.1"), to: null };
  if (local !== undefined) return { letter: "L", listen: withHost(local, "127.0.0.1"), to: to ?? "" };
  return { letter: "R", listen: withHost(remote ?? "", "localhost"), to: to ?? "" };
}

/** A port alone is loopback to us; to ssh it depends on GatewayPorts. */
function withHost(listen: string, host: string): string {
  return /^\d+$/.test(listen) ? `${host}:${listen}` : listen;
}
