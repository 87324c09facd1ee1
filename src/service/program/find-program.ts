import { execFile } from "node:child_process";
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { packageFolder } from "../../base/own-package.js";
import type { Program } from "../facts.js";
import { chooseProgram } from "./choose-program.js";
import type { ProgramLooks } from "./looks.js";

const versionMaxMs = 5_000;

/** The node and the clawtunnel that run now, under names that a service can rely on. Throws `program-unstable`. */
export function findProgram(looks: ProgramLooks = programLooks()): Promise<Program> {
  return chooseProgram({ execPath: process.execPath, folder: looks.realpath(packageFolder) ?? packageFolder }, looks);
}

/** This machine. */
export function programLooks(): ProgramLooks {
  return {
    platform: process.platform,
    home: homedir(),
    env: process.env,
    tempFolders: [tmpdir()],
    realpath: (path) => orUndefined(() => realpathSync(path)),
    isExecutable: canRun,
    folderMode: (path) => {
      const facts = orUndefined(() => statSync(path));
      return facts?.isDirectory() ? facts.mode : undefined;
    },
    nodeVersion: readNodeVersion,
  };
}

function orUndefined<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** Whether it is a program that this user may run. */
export function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function readNodeVersion(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { timeout: versionMaxMs, windowsHide: true };
    execFile(path, ["--version"], options, (error, stdout) => resolve(error ? undefined : /^v(\d+\.\d+\.\d+)/.exec(stdout)?.[1]));
  });
}
