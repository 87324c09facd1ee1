import { existsSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { posix, resolve } from "node:path";
import { Failure } from "../../base/failure.js";
import { builtProgram } from "../../base/own-package.js";
import { resolvePaths } from "../../config/paths.js";
import { instanceOf } from "../definition-place.js";
import type { Program, ServiceFacts, ServiceWishes } from "../facts.js";
import { canRun, findProgram, programLooks } from "../program/find-program.js";
import { serviceSearchPath } from "../program/search-path.js";
import { type RunCommand, runCommand } from "./run-command.js";
import { findUser } from "./service-user.js";

/** What is asked of the machine. A test has its own. */
export interface FactSources {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly user: { readonly name: string; readonly uid: number; readonly home: string };
  readonly exists: (path: string) => boolean;
  readonly canRun: (path: string) => boolean;
  readonly run: RunCommand;
  readonly findProgram: () => Promise<Program>;
  readonly searchPath: () => string;
}

export function systemSources(): FactSources {
  const { username, uid } = userInfo();
  return {
    platform: process.platform,
    env: process.env,
    user: { name: username, uid, home: homedir() },
    exists: existsSync,
    canRun,
    run: runCommand,
    findProgram,
    searchPath: () => serviceSearchPath(process.env.PATH, programLooks()),
  };
}

export interface Gathering {
  /** For an install: throws `program-unstable` for a program that would not be there tomorrow. */
  readonly mustLast: boolean;
}

/** All that a service depends on, from this machine. Looks, and changes nothing. */
export async function gatherFacts(wishes: ServiceWishes, { mustLast }: Gathering, sources = systemSources()): Promise<ServiceFacts> {
  const { platform, env, run } = sources;
  const user = await findUser(wishes.scope, sources);
  const isCaller = user.uid === sources.user.uid;
  const searchPath = sources.searchPath();
  const [program, systemd, crontab] = await Promise.all([
    mustLast ? sources.findProgram() : findAnyProgram(sources),
    platform === "linux" ? askSystemd(sources, user.uid, searchPath) : null,
    platform === "linux" && isCaller ? askCrontab(run) : null,
  ]);
  const serviceEnv = placesOf(env, isCaller);
  // The user's own manager knows the runtime folder; one of the whole machine, and cron, do not.
  const isOfUsersManager = systemd !== null && wishes.scope === "user" && !wishes.usesCron;
  const runtimeDir = isOfUsersManager ? { XDG_RUNTIME_DIR: `/run/user/${user.uid}` } : {};
  const ofWindows = platform === "win32" ? { APPDATA: env.APPDATA, LOCALAPPDATA: env.LOCALAPPDATA } : {};
  return {
    platform,
    user,
    program,
    searchPath,
    env: serviceEnv,
    instance: instanceOf(env),
    paths: resolvePaths({ platform, env: { ...serviceEnv, ...runtimeDir, ...ofWindows }, home: user.home, user: user.name }),
    systemd,
    crontab,
    wishes,
  };
}

/** For a look at what is installed a program that runs now is enough. */
async function findAnyProgram(sources: FactSources): Promise<Program> {
  try {
    return await sources.findProgram();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { node: process.execPath, nodeOptions: [], script: builtProgram("daemon/clawtunnel-daemon"), warnings: [error.message] };
  }
}

/** Where clawtunnel's files are, as the caller's environment has it; XDG's folders of another user are not theirs. */
function placesOf(env: FactSources["env"], isCaller: boolean): Record<string, string> {
  const places: Record<string, string> = {};
  if (env.CLAWTUNNEL_HOME) places.CLAWTUNNEL_HOME = resolve(env.CLAWTUNNEL_HOME);
  if (isCaller && env.XDG_CONFIG_HOME) places.XDG_CONFIG_HOME = env.XDG_CONFIG_HOME;
  if (isCaller && env.XDG_STATE_HOME) places.XDG_STATE_HOME = env.XDG_STATE_HOME;
  return places;
}

async function askSystemd({ run, exists, canRun }: FactSources, uid: number, searchPath: string): Promise<ServiceFacts["systemd"]> {
  // sd_booted(3): the folder is there where systemd is the first process.
  if (!exists("/run/systemd/system")) return null;
  const { stdout } = await run({ argv: ["systemctl", "--version"] });
  const version = Number(/^systemd (\d+)/m.exec(stdout)?.[1]);
  if (!Number.isInteger(version)) return null;
  const runtimeDir = `/run/user/${uid}`;
  return {
    version,
    canNotify: searchPath.split(posix.delimiter).some((folder) => canRun(posix.join(folder, "systemd-notify"))),
    runtimeDir: exists(runtimeDir) ? runtimeDir : null,
  };
}

/** Nothing for a user who has none, which crontab calls an error. */
export async function askCrontab(run: RunCommand): Promise<string | null> {
  const { code, stdout } = await run({ argv: ["crontab", "-l"] });
  if (code === null) return null;
  return code === 0 ? stdout : "";
}
