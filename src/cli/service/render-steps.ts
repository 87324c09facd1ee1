import { quoteForShell } from "../../interchange/writers/quote.js";
import type { Service, ServiceFile, Step, SystemCommand } from "../../service/service.js";

/** A step as it was done, for a person. */
export function renderDone(step: Step): string {
  return step.do === "run" ? `ran ${commandText(step)}: ${step.why}` : `${doneWords[step.do]}: ${step.why}`;
}

/** A step as a person could do it, with what the command would read. */
export function renderPlanned(step: Step): string {
  if (step.do !== "run") return `(${plannedWords[step.do]}): ${step.why}`;
  const env = Object.entries(step.env ?? {}).map(([name, value]) => `${name}=${quoteForShell(value)} `);
  const input =
    step.input === undefined
      ? []
      : step.input
          .trimEnd()
          .split("\n")
          .map((line) => `      < ${line}`);
  return [`${env.join("")}${commandText(step)}: ${step.why}`, ...input].join("\n");
}

const doneWords = { "end-daemon": "ended the daemon that ran", "start-daemon": "started the daemon" } as const;
const plannedWords = { "end-daemon": "end the daemon that runs", "start-daemon": "start the daemon" } as const;

function commandText({ argv }: SystemCommand): string {
  return argv.map(quoteForShell).join(" ");
}

/** A step as data: what it does, without how its answer is read. */
export function stepJson(step: Step): object {
  if (step.do !== "run") return { do: step.do, why: step.why };
  const { argv, env, input, why } = step;
  return { do: "run", argv, ...(env && { env }), ...(input !== undefined && { input }), why };
}

/** A service as data: `install --dry-run --json`. */
export function serviceJson(service: Service): object {
  const { manager, scope, name, files, warnings, leaves, backWithinMs, logHint } = service;
  const steps = (list: readonly Step[]) => list.map(stepJson);
  return {
    manager,
    scope,
    name,
    files: files.map(({ path, mode, encoding, contents }) => ({ path, mode: modeText(mode), encoding, contents })),
    enrol: steps(service.enrol),
    start: steps(service.start),
    stop: steps(service.stop),
    restart: steps(service.restart),
    withdraw: steps(service.withdraw),
    forget: steps(service.forget),
    asks: service.look.asks.map(({ argv, env }) => ({ argv, ...(env && { env }) })),
    warnings,
    leaves,
    backWithinMs,
    logHint,
  };
}

/** A file with all that is in it, indented. */
export function renderFile({ path, mode, encoding, contents }: ServiceFile): string {
  const how = encoding === "utf8" ? modeText(mode) : `${modeText(mode)}, UTF-16`;
  return [
    `${path} (${how})`,
    ...contents
      .trimEnd()
      .split(/\r?\n/)
      .map((line) => (line === "" ? "" : `    ${line}`)),
  ].join("\n");
}

function modeText(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
