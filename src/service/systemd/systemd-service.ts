import { serviceName } from "../definition-place.js";
import type { ServiceFacts } from "../facts.js";
import type { CommandResult, Judge, RunStep, Service, SystemCommand } from "../service.js";
import { lingerAsks, lingerLeft, lingerStep } from "./linger.js";
import { readLook } from "./read-look.js";
import { readProperties, shownProperties } from "./show.js";
import { unitFiles } from "./unit-files.js";

/** The longest pause between two starts is 5 s; the rest is for a daemon on a busy machine. */
const backWithinMs = 15_000;
/** How long the user's own manager may take to come up after lingering was turned on. */
const managerUpMaxMs = 5000;

/** The daemon as a service of systemd: the user's own manager, or the machine's for a user (`scope: "system"`). */
export function systemdService(facts: ServiceFacts): Service {
  const { user, wishes } = facts;
  const isUser = wishes.scope === "user";
  const service = `${serviceName(facts.instance)}.service`;
  const watch = `${serviceName(facts.instance)}.path`;
  const files = unitFiles(facts);
  const systemctl = (...words: string[]) => managerCommand(facts, ["systemctl", ...(isUser ? ["--user"] : []), ...words]);
  const step = (command: SystemCommand, why: string, rest: Partial<RunStep> = {}): RunStep => ({ do: "run", ...command, why, ...rest });
  const verify = managerCommand(facts, ["systemd-analyze", "verify", ...(isUser ? ["--user"] : []), "--man=no", files[0].path]);
  const state = systemctl("show", "-p", "ActiveState,UnitFileState", service);

  // For a user who is not logged in it is what starts the user's own manager, which all the rest asks.
  const linger = lingerStep(user.name);
  const hasManager = facts.systemd?.runtimeDir != null;
  const reset = step(systemctl("reset-failed", service), "so that its past failures are forgotten", { judge: () => "done" });
  return {
    manager: "systemd",
    scope: wishes.scope,
    name: service,
    files,
    enrol: [
      ...(isUser && !hasManager ? [linger] : []),
      step(systemctl("daemon-reload"), "so that systemd reads the files", { judge: judgeReload, againForMs: managerUpMaxMs }),
      step(verify, "so that a mistake shows before the daemon of today is stopped", { judge: judgeVerify(service) }),
      // Without waiting: systemd's answer would come when the daemon is ready, and its failure would not say why. What comes after is done
      // while it starts.
      step(systemctl("restart", "--no-block", service), "so that it runs, and runs from these files"),
      // And not only `enable`: another version's unit may have been wanted by another target.
      step(systemctl("reenable", service), isUser ? "so that it starts with your systemd" : "so that it starts at boot"),
      ...(isUser && hasManager ? [linger] : []),
    ],
    start: [reset, step(systemctl("start", "--no-block", service), "so that it runs")],
    stop: [step(systemctl("stop", service, watch), "so that it ends and stays ended", { judge: judgeEnded(state) }), reset],
    restart: [step(systemctl("restart", "--no-block", service), "so that it starts anew")],
    withdraw: [
      step(systemctl("disable", "--now", service), "so that it ends and is not started any more", { judge: judgeWithdrawn(state) }),
      // Here on its own: nothing else stops it when the service's file has been taken away by hand.
      step(systemctl("stop", watch), "so that its config file is not watched any more", { judge: () => "done" }),
    ],
    forget: [
      step(systemctl("daemon-reload"), "so that systemd forgets the files", { judge: () => "done" }),
      step(systemctl("reset-failed", service), "so that it is not listed as failed", { judge: () => "done" }),
    ],
    look: {
      asks: [
        systemctl("show", "-p", shownProperties.join(","), service),
        systemctl("show", "-p", "ActiveState", watch),
        ...(isUser ? lingerAsks(user.name) : []),
      ],
      read: ([shown, watchShown, ...lingers]) =>
        readLook({ shown, watchShown, lingers: isUser ? lingers : null, user: user.name, service }),
    },
    warnings: facts.systemd?.canNotify
      ? []
      : ["systemd-notify was not found: systemd cannot tell when the daemon is ready or stuck; it does start it again after a crash"],
    leaves: isUser ? [lingerLeft(user.name)] : [],
    backWithinMs,
    // Without a log on the disk for each user, `journalctl --user` finds nothing; this reads whatever journal there is.
    logHint: isUser ? `journalctl --user-unit=${service}` : `journalctl --unit=${service}`,
  };
}

/** The way to the user's own manager is XDG_RUNTIME_DIR alone. The shells of su and sudo have none, or somebody else's. */
function managerCommand({ systemd, user, wishes }: ServiceFacts, argv: readonly string[]): SystemCommand {
  return wishes.scope === "user" ? { argv, env: { XDG_RUNTIME_DIR: systemd?.runtimeDir ?? `/run/user/${user.uid}` } } : { argv };
}

/** It also fails for other units and on machines where it cannot work: only a complaint about ours counts. Its warnings end with 0. */
function judgeVerify(service: string): Judge {
  return ({ code, stderr }) => (code !== null && code !== 0 && stderr.includes(service) ? "failed" : "done");
}

/** A manager that lingering has only just started does not answer at once. */
function judgeReload({ code }: CommandResult): "done" | "again" {
  return code === 0 ? "done" : "again";
}

/** A service that is not there counts as ended, whatever the command made of it. */
function judgeEnded(state: SystemCommand): Judge {
  return judgeBy(state, ({ ActiveState = "" }) => hasEnded(ActiveState));
}

function judgeWithdrawn(state: SystemCommand): Judge {
  return judgeBy(state, ({ ActiveState = "", UnitFileState = "" }) => hasEnded(ActiveState) && !UnitFileState.startsWith("enabled"));
}

function hasEnded(activeState: string): boolean {
  return activeState === "inactive" || activeState === "failed";
}

/** A command that failed has done its work all the same where systemd shows what was wanted. */
function judgeBy(state: SystemCommand, isAsWanted: (properties: Readonly<Record<string, string>>) => boolean): Judge {
  return async ({ code }, ask) => {
    if (code === 0) return "done";
    const shown = await ask(state);
    return shown.code === 0 && isAsWanted(readProperties(shown.stdout)) ? "done" : "failed";
  };
}
