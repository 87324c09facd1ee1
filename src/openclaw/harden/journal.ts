/** What stands beside the gateway's file on the server as long as a hardening is not over. Holds no secret of the gateway's. */
export interface Journal {
  readonly version: 1;
  readonly phase: "apply" | "undo";
  /** The file that changes, with links followed. */
  readonly file: string;
  readonly backup: string;
  /** SHA-256 of the file, in hex. */
  readonly before: string;
  readonly after: string;
  readonly bindBefore: string | null;
  readonly port: number;
  /** The gateway's listening sockets before, each `host:port`, in order. */
  readonly listenersBefore: readonly string[];
  /** The systemd unit that surely runs the gateway, for a restart that does not come by itself. */
  readonly unit: { readonly name: string; readonly scope: "user" | "system" } | null;
  /** The command that the person gave for it, in place of the unit's restart. */
  readonly restart: string | null;
  /** ISO 8601, by the server's clock. */
  readonly begunAt: string;
}

export function formatJournal(journal: Journal): string {
  return `${JSON.stringify(journal, null, 2)}\n`;
}

/** Undefined for what no version of ours has written. */
export function parseJournal(text: string): Journal | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJournal(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isJournal(value: unknown): value is Journal {
  if (typeof value !== "object" || value === null) return false;
  const { version, phase, file, backup, before, after, port, listenersBefore, restart } = value as Partial<Record<keyof Journal, unknown>>;
  const areTexts = [file, backup, before, after].every((text) => typeof text === "string");
  if (version !== 1 || (phase !== "apply" && phase !== "undo") || !areTexts) return false;
  return typeof port === "number" && Array.isArray(listenersBefore) && (restart === null || typeof restart === "string");
}
