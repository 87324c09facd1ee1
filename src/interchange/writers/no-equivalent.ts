import type { ConfigFile, ForwardEntry, TunnelEntry } from "../../config/schema.js";

export type ExportForm = "ssh-config" | "ssh" | "autossh";

const unknownToSsh: readonly (readonly [key: keyof TunnelEntry & string, why: string])[] = [
  ["targets", "ssh knows one address of a server: the first, here"],
  ["health", "ssh does not look whether the service answers"],
  ["schedule", "ssh knows no times; cron or a timer does"],
  ["renew", "ssh does not replace a session that stands"],
  ["keyring", "ssh asks the agent, and keeps no answers"],
  ["onPortBusy", "ssh ends when a port is busy"],
  ["backoff", "ssh does not try again; autossh has delays of its own"],
  ["waitForTunnelMs", "no connection can wait for a session: the port closes with it"],
  ["waitingConnectionsMax", "no connection can wait for a session: the port closes with it"],
  ["keepaliveReplyTimeoutMs", "ssh counts intervals alone"],
];

/** What a tunnel has, by its own entry or the defaults, and the other form cannot say: one sentence each. */
export function describeNoEquivalent(entry: TunnelEntry, defaults: NonNullable<ConfigFile["defaults"]>, form: ExportForm): string[] {
  const said: Readonly<Record<string, unknown>> = { ...defaults, ...entry };
  const told = unknownToSsh.filter(([key]) => said[key] !== undefined).map(([key, why]) => `${key}: ${why}`);
  const forwards = entry.forwards ?? [];
  const inForwards = (key: keyof ForwardEntry, why: string) =>
    forwards.some((forward) => forward[key] !== undefined) ? [`${key} of a forward: ${why}`] : [];
  return [
    ...told,
    ...(entry.preset === "openclaw" && entry.health === undefined ? ["preset: ssh does not look whether the gateway answers"] : []),
    ...(entry.engine === "ssh2" ? ["engine: ssh is an engine of its own"] : []),
    ...inForwards("health", "ssh does not look whether the service answers"),
    ...inForwards("offlinePage", "without a session the port is closed"),
    ...subSecond(said),
    ...(form === "ssh-config" && entry.sshConfig !== undefined && entry.sshConfig !== "none"
      ? [`sshConfig: the block belongs into ${entry.sshConfig}, at its top`]
      : []),
  ];
}

function subSecond(said: Readonly<Record<string, unknown>>): string[] {
  return ["keepaliveIntervalMs", "connectTimeoutMs"].flatMap((key) => {
    const value = said[key];
    return typeof value === "number" && value % 1000 !== 0 ? [`${key}: ssh counts in whole seconds, and ${value} was rounded up`] : [];
  });
}
