import type { HardenPlan, HardenProgress } from "../openclaw/harden/report.js";
import type { Style } from "./output.js";

/** What it would do, for a person who is to agree to it. */
export function renderPlan({ tunnel, target, state, configFile, diff, notes }: HardenPlan, style: Style): string[] {
  const first = {
    ready: `${style.strong(tunnel)} (${target}): ${configFile} on the server would change`,
    "nothing-to-do": `${style.strong(tunnel)} (${target}): nothing to do, the gateway listens on the server's loopback alone`,
    unfinished: `${style.strong(tunnel)} (${target}): an earlier run did not come to its end`,
  }[state];
  const paint = (line: string) => (line.startsWith("+") ? style.good(line) : line.startsWith("-") ? style.bad(line) : line);
  return [first, ...diff.map((line) => `  ${paint(line)}`), ...notes];
}

export function renderProgress({ step, state, detail }: HardenProgress, style: Style): string {
  const mark = state === "done" ? style.good("ok    ") : style.bad("failed");
  return `${mark} ${step}${detail === "" ? "" : `: ${detail}`}`;
}
