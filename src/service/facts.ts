import type { Paths } from "../config/paths.js";

/** The command line that the manager runs, from paths that outlive an upgrade of node or of clawtunnel. */
export interface Program {
  readonly node: string;
  /** Options of node's, before the script. */
  readonly nodeOptions: readonly string[];
  /** `dist/daemon/clawtunnel-daemon.js` of the package as it is installed. */
  readonly script: string;
  /** What is not as stable as it could be, with advice. */
  readonly warnings: readonly string[];
}

/** All that a service depends on. Whatever is not in here, a plan does not know. */
export interface ServiceFacts {
  readonly platform: NodeJS.Platform;
  /** Whom the daemon runs as. */
  readonly user: {
    readonly name: string;
    readonly uid: number;
    readonly home: string;
    /** Windows' security identifier. */
    readonly sid: string | null;
  };
  readonly program: Program;
  /** PATH of the service: where ProxyCommands and ssh are found. */
  readonly searchPath: string;
  /** Variables that say where clawtunnel's files are (CLAWTUNNEL_HOME, XDG_CONFIG_HOME, XDG_STATE_HOME), as they are set for the caller. */
  readonly env: Readonly<Record<string, string>>;
  /** A short text that tells the services of two CLAWTUNNEL_HOMEs apart; null without one. */
  readonly instance: string | null;
  /** Where the daemon's files are when the service runs it. */
  readonly paths: Paths;
  /** Linux: null where systemd does not run the machine. */
  readonly systemd: {
    /** 252 */
    readonly version: number;
    /** Whether `systemd-notify` is installed. */
    readonly canNotify: boolean;
    /** `/run/user/UID`, if it is there: the way to the user's own manager. */
    readonly runtimeDir: string | null;
  } | null;
  /** The user's crontab as it is; null where there is no crontab command. */
  readonly crontab: string | null;
  readonly wishes: ServiceWishes;
}

export interface ServiceWishes {
  /** `system`: for a machine that nobody logs in to; the daemon runs as `user` all the same. */
  readonly scope: "user" | "system";
  /** False leaves out what could hinder a setuid ProxyCommand. */
  readonly isHardened: boolean;
  /** macOS without a login at the screen. */
  readonly isHeadless: boolean;
  /** Linux without systemd: an @reboot line. */
  readonly usesCron: boolean;
}
