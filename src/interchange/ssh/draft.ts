import { isAbsolute, join } from "node:path";
import type { ForwardEntry, TunnelEntry } from "../../config/schema.js";
import { formatTarget } from "../../config/target.js";
import { type LeftOut, lost, needless } from "../reading.js";
import { type ForwardKind, readForwardText } from "./forward-text.js";

/** An entry in the making, from words of ssh(1). Of what may stand once the first wins, as it does for ssh. */
export interface Draft {
  /** Where relative paths begin: ssh means them from the folder that it was started in, our config from the home folder. */
  readonly folder: string;
  host?: string;
  user?: string;
  port?: number;
  isGateway: boolean;
  readonly forwards: { readonly kind: ForwardKind; readonly text: string; readonly what: string }[];
  readonly identities: string[];
  readonly sshOptions: string[];
  /** Settings that are the same in our config under another name. */
  readonly settings: Partial<
    Pick<
      TunnelEntry,
      "sshConfig" | "jump" | "knownHosts" | "globalKnownHosts" | "connectTimeoutMs" | "keepaliveIntervalMs" | "keepaliveCountMax"
    >
  >;
  readonly leftOut: LeftOut[];
}

export function newDraft(folder: string): Draft {
  return { folder, isGateway: false, forwards: [], identities: [], sshOptions: [], settings: {}, leftOut: [] };
}

/** Sets what may be set once, and says so of the second. */
export function setOnce<K extends keyof Draft["settings"]>(draft: Draft, key: K, value: NonNullable<Draft["settings"][K]>, what: string) {
  if (draft.settings[key] === undefined) draft.settings[key] = value;
  else draft.leftOut.push(needless(what, "ssh takes the first of several"));
}

/** `~` is left for the daemon to read. */
export function absolutePath(draft: Draft, path: string): string {
  return path === "~" || path.startsWith("~/") || isAbsolute(path) || /^[A-Za-z]:[\\/]/.test(path) ? path : join(draft.folder, path);
}

/** A socket of this machine is meant from the same folder. */
function withOwnPaths(draft: Draft, { local, remote, dynamic, to }: ForwardEntry): ForwardEntry {
  const here = (end: string) => (end.includes("/") ? absolutePath(draft, end) : end);
  if (dynamic !== undefined) return { dynamic: here(dynamic) };
  return local !== undefined ? { local: here(local), to: to ?? "" } : { remote: remote ?? "", to: here(to ?? "") };
}

export function finishDraft(draft: Draft): { entry: TunnelEntry; leftOut: readonly LeftOut[] } {
  const leftOut = [...draft.leftOut];
  const forwards: ForwardEntry[] = [];
  for (const { kind, text, what } of draft.forwards) {
    const forward = readForwardText(kind, text, draft.isGateway);
    if (typeof forward === "string") leftOut.push(lost(what, forward));
    else forwards.push(withOwnPaths(draft, forward));
  }
  const { settings, identities, sshOptions } = draft;
  const entry: TunnelEntry = {
    target: formatTarget({ user: draft.user ?? null, host: draft.host ?? "", port: draft.port ?? null }),
    ...(settings.sshConfig !== undefined && { sshConfig: settings.sshConfig }),
    ...(settings.jump !== undefined && { jump: settings.jump }),
    ...(identities.length > 0 && { identities }),
    ...(settings.knownHosts !== undefined && { knownHosts: settings.knownHosts }),
    ...(settings.globalKnownHosts !== undefined && { globalKnownHosts: settings.globalKnownHosts }),
    ...(sshOptions.length > 0 && { sshOptions }),
    ...(settings.connectTimeoutMs !== undefined && { connectTimeoutMs: settings.connectTimeoutMs }),
    ...(settings.keepaliveIntervalMs !== undefined && { keepaliveIntervalMs: settings.keepaliveIntervalMs }),
    ...(settings.keepaliveCountMax !== undefined && { keepaliveCountMax: settings.keepaliveCountMax }),
    ...(forwards.length > 0 && { forwards }),
  };
  return { entry, leftOut };
}
