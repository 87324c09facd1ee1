import { posix } from "node:path";
import { launchdLabel, plistPath } from "../definition-place.js";
import type { ServiceFacts } from "../facts.js";
import type { Judge, RunStep, Service, Step } from "../service.js";
import { judgeBootout, judgeBootstrap, judgeEnable, judgeGone, judgeKickstart, judgeOverride } from "./judge.js";
import { lookAtJob } from "./look.js";
import { launchdOutputFile, renderPlist } from "./render-plist.js";

/** Somewhat longer than ExitTimeOut, after which launchd kills the job. */
const drainMaxMs = 30_000;
const bootstrapMaxMs = 10_000;
/** ThrottleInterval as older releases take it, which never go below ten seconds, and the daemon's own start. */
const backWithinMs = 15_000;

/** The daemon as a LaunchAgent of its user; with the scope `system` as a LaunchDaemon that runs as that user. */
export function launchdService(facts: ServiceFacts): Service {
  const { user, wishes } = facts;
  const label = launchdLabel(facts.instance);
  const file = plistPath(wishes.scope, user.home, facts.instance);
  const domains = domainsOf(facts);
  const steps = stepsFor(label, file, domains);
  return {
    manager: "launchd",
    scope: wishes.scope,
    name: label,
    files: [{ path: file, mode: 0o644, contents: renderPlist(facts), encoding: "utf8" }],
    enrol: [makeLogFolder(facts), ...steps.unload, ...steps.load],
    start: steps.load,
    stop: [...steps.disable, ...steps.unload],
    restart: [steps.restart],
    withdraw: steps.unload,
    forget: steps.forget,
    look: lookAtJob(label, domains),
    warnings: [warningFor(facts)],
    leaves: [`an entry of launchd's own that "${label}" is not disabled, which means nothing without its file`],
    backWithinMs,
    logHint: `clawtunnel logs; and ${launchdOutputFile(facts)} for what was said before that log was open`,
  };
}

/** The one it belongs in first. One label in both is two daemons, and an install may be for another of them than the one before. */
function domainsOf({ user, wishes }: ServiceFacts): readonly [string, ...string[]] {
  if (wishes.scope === "system") return ["system"];
  const [screen, background] = [`gui/${user.uid}`, `user/${user.uid}`];
  return wishes.isHeadless ? [background, screen] : [screen, background];
}

interface LaunchdSteps {
  readonly load: readonly Step[];
  readonly unload: readonly Step[];
  readonly disable: readonly Step[];
  readonly restart: Step;
  readonly forget: readonly Step[];
}

function stepsFor(label: string, file: string, domains: readonly [string, ...string[]]): LaunchdSteps {
  const [domain] = domains;
  const target = `${domain}/${label}`;
  const print = { argv: ["launchctl", "print", target] };
  const ctl = (words: readonly string[], why: string, judge: Judge, againForMs?: number): RunStep => ({
    do: "run",
    argv: ["launchctl", ...words],
    why,
    judge,
    ...(againForMs !== undefined && { againForMs }),
  });
  return {
    load: [
      ctl(["enable", target], "because a job that was disabled once stays so, even when its file is gone", judgeEnable),
      ctl(["bootstrap", domain, file], "so that launchd reads the file and starts the daemon", judgeBootstrap(print), bootstrapMaxMs),
      ctl(["kickstart", target], "so that it runs now, whatever was before", judgeKickstart, bootstrapMaxMs),
    ],
    unload: domains.flatMap((each) => {
      const there = `${each}/${label}`;
      const look = { argv: ["launchctl", "print", there] };
      return [
        ctl(["bootout", there], "so that launchd ends the daemon and lets go of its file", judgeBootout(look), bootstrapMaxMs),
        ctl(["print", there], "until it is gone: bootout does not wait, and launchd takes no new one before", judgeGone, drainMaxMs),
      ];
    }),
    disable: domains.map((each) => ctl(["disable", `${each}/${label}`], "so that the next log-in does not start it either", judgeOverride)),
    restart: ctl(["kickstart", "-k", target], "so that launchd ends the daemon and starts it anew", judgeKickstart, bootstrapMaxMs),
    forget: domains.map((each) => ctl(["enable", `${each}/${label}`], "so that no note stays that it is disabled", judgeOverride)),
  };
}

/** Not all releases make the folder of a job's output, and those that do not fail to start the job. */
function makeLogFolder(facts: ServiceFacts): Step {
  const folder = posix.dirname(launchdOutputFile(facts));
  return {
    do: "run",
    argv: ["/usr/bin/install", "-d", "-m", "700", "-o", facts.user.name, folder],
    why: "so that launchd can open the daemon's output there",
  };
}

function warningFor({ wishes }: ServiceFacts): string {
  if (wishes.scope === "system") {
    return "It has no ssh-agent and no keychain of a log-in: its tunnels need key files that can be used without a passphrase.";
  }
  return wishes.isHeadless
    ? "After a reboot launchd starts it with the first log-in, at the screen or over ssh; `sudo clawtunnel install --system` starts it at boot."
    : "It runs from log-in at the screen to log-out; `sudo clawtunnel install --system` runs it from boot on.";
}
