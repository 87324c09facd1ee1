import { Failure } from "../../base/failure.js";
import type { CommandResult, Judge, SystemCommand } from "../service.js";
import { readPrint } from "./read-print.js";

/** launchctl's exit codes are errno values that differ by release; where the words are known, either will do. */
const codes = { missing: [3, 113], noDomain: [112, 125], underWay: [36, 37], io: 5 };
const missingWords = /could not find service|no such process/i;
const noDomainWords = /could not find domain|domain does not support specified action/i;

/** How a job looks between SIGTERM and its end: launchd still knows it, and takes no new one of that label. */
const drainingStates = /^SIG(?:TERM|KILL)ed$/;

/** launchd does not know the job. */
export function isMissing(result: CommandResult): boolean {
  return says(result, codes.missing, missingWords);
}

/** The user has no session of that kind: nobody is logged in at the screen, or not at all. */
export function hasNoDomain(result: CommandResult): boolean {
  return says(result, codes.noDomain, noDomainWords);
}

/** For what is to be gone: not being there is as good, and what is under way is waited for by the next step. */
export function judgeBootout(print: SystemCommand): Judge {
  return async (result, ask) => {
    if (isFine(result) || isGone(result) || isUnderWay(result)) return "done";
    // Some releases say this of a job that is not there.
    if (result.code === codes.io) return isGone(await ask(print)) ? "done" : "again";
    return "failed";
  };
}

/** Of `launchctl print`: done when the job is gone. */
export const judgeGone: Judge = (result) => (isGone(result) ? "done" : isFine(result) ? "again" : "failed");

/** Of `enable` and `disable` where no session is no hindrance. */
export const judgeOverride: Judge = (result) => (isFine(result) || hasNoDomain(result) ? "done" : "failed");

/** 5 and 37 mean that the job is loaded already, that it is on its way out, that another bootstrap is under way, or that there is no session. */
export function judgeBootstrap(print: SystemCommand): Judge {
  return inSession(async (result, ask) => {
    if (isFine(result)) return "done";
    const seen = await ask(print);
    if (hasNoDomain(seen)) throw noSession(seen);
    if (seen.code === 0 && !drainingStates.test(readPrint(seen.stdout).state ?? "")) return "done";
    return result.code === codes.io || isUnderWay(result) ? "again" : "failed";
  });
}

/** Of `kickstart`: 37 while the job is being started by somebody else. */
export const judgeKickstart: Judge = inSession((result) => (isFine(result) ? "done" : isUnderWay(result) ? "again" : "failed"));

export const judgeEnable: Judge = inSession((result) => (isFine(result) ? "done" : "failed"));

function inSession(judge: Judge): Judge {
  return (result, ask) => {
    if (hasNoDomain(result)) throw noSession(result);
    return judge(result, ask);
  };
}

function noSession({ argv }: CommandResult): Failure {
  const [, domain] = /\b((?:gui|user)\/\d+)/.exec(argv.join(" ")) ?? [];
  const isScreen = domain?.startsWith("gui/") === true;
  const who = isScreen ? "nobody is logged in as this user at this Mac's screen" : "this user is not logged in to this Mac";
  return new Failure("service-manager-failed", `${who}, and launchd runs its services only in such a session (there is no ${domain})`, {
    hint: isScreen
      ? "Log in there; or `clawtunnel install --headless`, which a log-in over ssh is enough for; or `sudo clawtunnel install --system`, which starts at boot."
      : "Log in over ssh as this user; or `sudo clawtunnel install --system`, which starts at boot.",
  });
}

function isFine({ code }: CommandResult): boolean {
  return code === 0;
}

function isGone(result: CommandResult): boolean {
  return isMissing(result) || hasNoDomain(result);
}

function isUnderWay({ code }: CommandResult): boolean {
  return code !== null && codes.underWay.includes(code);
}

function says({ code, stdout, stderr }: CommandResult, known: readonly number[], words: RegExp): boolean {
  if (code === null || code === 0) return false;
  return known.includes(code) || words.test(`${stderr}\n${stdout}`);
}
