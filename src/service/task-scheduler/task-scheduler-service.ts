import { Failure } from "../../base/failure.js";
import { serviceName } from "../definition-place.js";
import type { ServiceFacts } from "../facts.js";
import type { Judge, RunStep, Service, Step, SystemCommand } from "../service.js";
import { isRunning, readQuery } from "./read-query.js";
import { taskFiles } from "./task-files.js";

/** The launcher's longest pause after a crash, and a generous start. Where the launcher itself was ended it is five minutes. */
const backWithinMs = 75_000;

/** How long Task Scheduler may call a task running whose process has ended. */
const idleWithinMs = 15_000;

/**
 * The daemon as a task of this user's. Pure. Throws `service-unavailable` where there can be none: for the whole machine, without the
 * user's SID, and with paths that Windows' own programs do not take.
 */
export function taskSchedulerService(facts: ServiceFacts): Service {
  if (facts.wishes.scope === "system") throw machineWide();
  const name = `\\${serviceName(facts.instance)}`;
  const { definition, launcher, launchArguments } = taskFiles(facts, name);
  const steps = stepsOf(name);
  return {
    manager: "task-scheduler",
    scope: "user",
    name,
    files: [definition, launcher],
    enrol: [...steps.stop, steps.untilIdle, steps.create(definition.path), steps.run],
    start: [steps.enable, steps.run],
    stop: [...steps.stop],
    // Disabled meanwhile: the trigger could otherwise fire in between, and the wait would not end.
    restart: [...steps.stop, steps.untilIdle, steps.enable, steps.run],
    withdraw: [...steps.stop, steps.remove],
    forget: [],
    look: {
      asks: [query(name), { argv: ["schtasks", "/Query", "/TN", name, "/XML"] }],
      read: (results) => readQuery(results, launchArguments),
    },
    warnings: ["Task Scheduler starts it when you log on and ends it when you log off: nothing is held before, or after."],
    leaves: [],
    backWithinMs,
    logHint: "clawtunnel logs",
  };
}

function query(name: string): SystemCommand {
  return { argv: ["schtasks", "/Query", "/TN", name, "/V", "/FO", "CSV", "/NH"] };
}

function stepsOf(name: string) {
  const step = (words: readonly string[], why: string, more: Pick<RunStep, "judge" | "againForMs"> = {}): RunStep => ({
    do: "run",
    argv: ["schtasks", ...words],
    why,
    ...more,
  });
  const ofTask = (verb: string, ...words: string[]) => [verb, "/TN", name, ...words];
  /** schtasks says 1 to everything, and why in the system's language: whether there is such a task is asked for. */
  const unlessMissing: Judge = async (result, ask) => {
    if (result.code === 0) return "done";
    if (result.code === null) return "failed";
    const { code } = await ask({ argv: ["schtasks", ...ofTask("/Query")] });
    return code === 1 ? "done" : "failed";
  };
  const stop: readonly Step[] = [
    step(ofTask("/Change", "/DISABLE"), "so that no trigger starts it again", { judge: unlessMissing }),
    // /End kills the launcher and leaves node running, with its tunnels: it is asked first.
    { do: "end-daemon", why: "so that it closes its tunnels itself" },
    step(ofTask("/End"), "so that its launcher does not start it again", {
      // 1 when it does not run; whether it has ended is seen by what follows.
      judge: ({ code }) => (code === null ? "failed" : "done"),
    }),
    { do: "end-daemon", why: "in case that the launcher had just started it again after a crash" },
  ];
  return {
    stop,
    untilIdle: step(query(name).argv.slice(1), "until Task Scheduler has seen its end: it would leave out a start before that", {
      judge: ({ code, stdout }) => (code === null ? "failed" : code === 0 && isRunning(stdout) ? "again" : "done"),
      againForMs: idleWithinMs,
    }),
    create: (path: string) => step(ofTask("/Create", "/XML", path, "/F"), "so that it starts when you log on"),
    enable: step(ofTask("/Change", "/ENABLE"), "so that it starts when you log on"),
    run: step(ofTask("/Run"), "so that it runs now"),
    remove: step(ofTask("/Delete", "/F"), "so that Task Scheduler forgets it", { judge: unlessMissing }),
  };
}

function machineWide(): Failure {
  return new Failure("service-unavailable", "on Windows clawtunnel runs as a task of yours, not of the whole machine", {
    hint: "Install it without --system; it runs while you are logged on.",
  });
}
