import type { FoundTunnel } from "../../interchange/reading.js";
import type { RunCommand } from "../machine/run-command.js";

/** The machine as far as older ways can be found on it; a test has one in memory. */
export interface OlderWaysLooks {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly user: string;
  readonly uid: number;
  readonly hostName: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** As `crontab -l` prints it; null without one. */
  readonly crontab: string | null;
  /** The names in a folder; none when it is not there. */
  listFolder(path: string): readonly string[];
  /** With links followed; undefined when nothing is there. */
  realpath(path: string): string | undefined;
  /** Throws what keeps it from being read. */
  readText(path: string): string;
  readonly run: RunCommand;
  /** What ssh_config adds to a command. */
  addConfigured(tunnel: FoundTunnel): Promise<FoundTunnel>;
}

/** A machine has a few dozen; a folder with more was not made for a person to look through. */
export const filesMax = 500;
