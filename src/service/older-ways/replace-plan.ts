import type { RunStep } from "../service.js";
import type { OlderWay } from "./older-way.js";

/** Steps that turn older ways off, and those that turn them on again; no file of theirs is touched. */
export interface ReplacePlan {
  readonly steps: readonly RunStep[];
  /** In the order in which they are done. */
  readonly back: readonly RunStep[];
  /** How a person turns each on again, a line each. */
  readonly undo: readonly string[];
  /** What goes on running after it, in sentences. */
  readonly warnings: readonly string[];
}

export interface ReplaceFacts {
  /** `/run/user/UID`: the way to the user's own systemd. */
  readonly runtimeDir: string | null;
  /** As it stands now, with what was installed into it before: it is written as a whole. */
  readonly crontab: string | null;
}

/** Before a line of the crontab that was turned off. */
const cronMarker = "#replaced-by-clawtunnel# ";

const goneWithinMs = 15_000;

/** Pure. Older ways of the system are left out: only root can turn them off. */
export function planReplacement(ways: readonly OlderWay[], { runtimeDir, crontab }: ReplaceFacts): ReplacePlan {
  const plans = ways.flatMap((way) =>
    way.manager === "systemd" ? [planUnit(way, runtimeDir)] : way.manager === "launchd" ? [planAgent(way)] : [],
  );
  const lines = ways.flatMap(({ line }) => line ?? []);
  if (lines.length > 0 && crontab !== null) plans.push(planLines(lines, crontab));
  return {
    steps: plans.flatMap(({ steps }) => steps),
    back: plans.toReversed().flatMap(({ back }) => back),
    undo: plans.flatMap(({ undo }) => undo),
    warnings: plans.flatMap(({ warnings }) => warnings),
  };
}

/** With what it was: enabled, running, or both. */
function planUnit({ name, path, isLinked, isEnabled, isActive }: OlderWay, runtimeDir: string | null): ReplacePlan {
  const now = isActive === false ? [] : ["--now"];
  const [off, on] = isEnabled
    ? [
        ["disable", ...now],
        ["enable", ...now],
      ]
    : [["stop"], ["start"]];
  const env = runtimeDir === null ? {} : { env: { XDG_RUNTIME_DIR: runtimeDir } };
  const run = (words: readonly string[], unit: string, why: string): RunStep => ({
    do: "run",
    argv: ["systemctl", "--user", ...words, unit],
    why,
    ...env,
  });
  const back = run(on, isLinked && isEnabled && path !== null ? path : name, "the older way, as it was before");
  return { steps: [run(off, name, "clawtunnel holds its forwards from now on")], back: [back], undo: [back.argv.join(" ")], warnings: [] };
}

/** Disabled first: what is only unloaded is loaded again at the next login. */
function planAgent({ name, path, domain, isActive }: OlderWay): ReplacePlan {
  const place = domain ?? "gui";
  const job = `${place}/${name}`;
  const disable: RunStep = { do: "run", argv: ["launchctl", "disable", job], why: "clawtunnel holds its forwards from now on" };
  const enable: RunStep = { do: "run", argv: ["launchctl", "enable", job], why: "the older way, as it was before" };
  // bootout returns before the job has ended, and complains of one that is not loaded: only its absence tells.
  const bootout: RunStep = {
    do: "run",
    argv: ["launchctl", "bootout", job],
    why: "so that its ports are free now",
    judge: async (_, ask) => ((await ask({ argv: ["launchctl", "print", job] })).code === 0 ? "again" : "done"),
    againForMs: goneWithinMs,
  };
  const bootstrap: RunStep = {
    do: "run",
    argv: ["launchctl", "bootstrap", place, path ?? ""],
    why: "so that it runs again",
    judge: async ({ code }, ask) => (code === 0 || (await ask({ argv: ["launchctl", "print", job] })).code === 0 ? "done" : "again"),
    againForMs: goneWithinMs,
  };
  const isLoaded = isActive !== false;
  const back = isLoaded ? [enable, bootstrap] : [enable];
  return { steps: isLoaded ? [disable, bootout] : [disable], back, undo: back.map(({ argv }) => argv.join(" ")), warnings: [] };
}

function planLines(lines: readonly number[], crontab: string): ReplacePlan {
  const write = (input: string, why: string): RunStep => ({ do: "run", argv: ["crontab", "-"], why, input });
  const which = lines.length === 1 ? `line ${lines[0]} is` : `lines ${lines.join(", ")} are`;
  return {
    steps: [write(turnOffLines(crontab, lines), `${which} turned off: clawtunnel holds its forwards from now on`)],
    back: [write(crontab, "the crontab as it was before")],
    undo: [`crontab -e, and take "${cronMarker.trim()}" off`],
    warnings: [
      `what ${lines.length === 1 ? "this line of the crontab has" : "these lines of the crontab have"} started runs on, and has its ports until it ends`,
    ],
  };
}

/** The crontab with these lines, counted from 1, as comments. */
function turnOffLines(crontab: string, lines: readonly number[]): string {
  return crontab
    .split("\n")
    .map((text, index) => (lines.includes(index + 1) ? cronMarker + text : text))
    .join("\n");
}
