import { createHash } from "node:crypto";
import { homedir, userInfo } from "node:os";
import { posix, win32 } from "node:path";
import { Failure } from "../base/failure.js";

/** Every file and address that clawtunnel uses on this machine. */
export interface Paths {
  readonly configFile: string;
  readonly stateDir: string;
  readonly stateFile: string;
  /** The ports that stand in for busy ones. */
  readonly portsFile: string;
  /** What was written into the configuration of the OpenClaw on this machine. */
  readonly clientsFile: string;
  readonly lockFile: string;
  readonly logFile: string;
  readonly historyFile: string;
  /** Why a daemon that a service manager started has ended or could not start; absent when the last one started well. */
  readonly lastExitFile: string;
  /** What a daemon leaves for the one that takes over from it. */
  readonly handoverFile: string;
  /** A unix socket's path, or a Windows named pipe. */
  readonly controlEndpoint: string;
}

interface Machine {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly user: string;
}

/** sun_path in <sys/un.h>, less its closing NUL. Node cuts a longer path without a word, and listens somewhere else. */
export const maxSocketPathBytes: Partial<Record<NodeJS.Platform, number>> = { linux: 107, darwin: 103, freebsd: 103, openbsd: 103 };

export function pathsOfThisMachine(): Paths {
  return resolvePaths({ platform: process.platform, env: process.env, home: homedir(), user: userInfo().username });
}

/** Pure. With CLAWTUNNEL_HOME everything is under that one folder, so two homes never meet. */
export function resolvePaths(machine: Machine): Paths {
  const { config, state, runtime } = folders(machine);
  const { join } = pathsOf(machine.platform);
  return {
    configFile: join(config, "config.json"),
    stateDir: state,
    stateFile: join(state, "state.json"),
    portsFile: join(state, "ports.json"),
    clientsFile: join(state, "clients.json"),
    lockFile: join(state, "daemon.lock"),
    logFile: join(state, "daemon.log"),
    historyFile: join(state, "history.jsonl"),
    lastExitFile: join(state, "last-exit.json"),
    handoverFile: join(state, "handover.json"),
    controlEndpoint: machine.platform === "win32" ? pipeName(machine) : join(runtime, "control.sock"),
  };
}

/** Throws `socket-path-too-long` where the system's limit would be passed. */
export function checkEndpoint(endpoint: string, platform: NodeJS.Platform = process.platform): void {
  const limit = maxSocketPathBytes[platform];
  const length = Buffer.byteLength(endpoint);
  if (limit !== undefined && length > limit) {
    throw new Failure("socket-path-too-long", `the control socket's path has ${length} bytes, this system takes ${limit}: ${endpoint}`);
  }
}

function pathsOf(platform: NodeJS.Platform): typeof posix {
  return platform === "win32" ? win32 : posix;
}

function folders({ platform, env, home }: Machine): { config: string; state: string; runtime: string } {
  const { join } = pathsOf(platform);
  const own = env.CLAWTUNNEL_HOME;
  if (own) return { config: own, state: join(own, "state"), runtime: join(own, "run") };
  if (platform === "darwin") {
    const support = join(home, "Library", "Application Support", "clawtunnel");
    return { config: support, state: join(home, "Library", "Logs", "clawtunnel"), runtime: join(support, "run") };
  }
  if (platform === "win32") {
    const local = join(env.LOCALAPPDATA ?? join(home, "AppData", "Local"), "clawtunnel");
    return { config: join(env.APPDATA ?? join(home, "AppData", "Roaming"), "clawtunnel"), state: local, runtime: local };
  }
  const state = join(env.XDG_STATE_HOME || join(home, ".local", "state"), "clawtunnel");
  const runtime = env.XDG_RUNTIME_DIR ? join(env.XDG_RUNTIME_DIR, "clawtunnel") : join(state, "run");
  return { config: join(env.XDG_CONFIG_HOME || join(home, ".config"), "clawtunnel"), state, runtime };
}

/** One pipe for each user and home: a home of its own gets a name of its own. */
function pipeName({ env, user }: Machine): string {
  const suffix = env.CLAWTUNNEL_HOME ? `-${createHash("sha256").update(env.CLAWTUNNEL_HOME).digest("base64url")}` : "";
  return `\\\\.\\pipe\\clawtunnel-${user}${suffix}`;
}
