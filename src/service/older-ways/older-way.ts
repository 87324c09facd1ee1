import type { FoundTunnel } from "../../interchange/reading.js";

/** `-system`: for every user of the machine; only root can turn that off. */
export type OlderManager = "systemd" | "systemd-system" | "launchd" | "launchd-system" | "cron";

/** Something that keeps forwards open with ssh or autossh, and starts it again at a login or a boot. */
export interface OlderWay {
  readonly manager: OlderManager;
  /** `autossh@db.service`, a label, `line 3`. */
  readonly name: string;
  /** Its definition; null for the crontab, which has no path of its own. */
  readonly path: string | null;
  /** Whether systemd knows the definition by a link alone, which it takes away when the unit is disabled. */
  readonly isLinked: boolean;
  /** In the crontab, from 1. */
  readonly line: number | null;
  /** What it opens, with what ssh_config adds; each has a forward. */
  readonly tunnels: readonly FoundTunnel[];
  /** What it does besides, and nobody would do without it. */
  readonly loses: readonly string[];
  /** Whether it will be started again by itself. */
  readonly isEnabled: boolean;
  /** Null when its manager could not be asked. */
  readonly isActive: boolean | null;
  /** launchd's: `gui/501`. */
  readonly domain: string | null;
}

/** Only root can turn it off. */
export function isOfSystem({ manager }: OlderWay): boolean {
  return manager === "systemd-system" || manager === "launchd-system";
}

export interface FoundWays {
  readonly ways: readonly OlderWay[];
  /** What could not be read, in sentences. */
  readonly skipped: readonly string[];
}
