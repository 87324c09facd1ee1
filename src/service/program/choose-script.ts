import { Failure } from "../../base/failure.js";
import { byManager, type Choice, type Judged, judgePath, longestLasting } from "./judge-path.js";
import { isSamePath, type ProgramLooks, pathsOf } from "./looks.js";
import { stableNames } from "./stable-names.js";

/**
 * The daemon's script in the package that runs now, under a name that outlives its upgrade if there is one. `folder` is the package's,
 * with links followed, as node has it. Throws `program-unstable`.
 */
export function chooseScript(folder: string, looks: ProgramLooks): Choice {
  const { platform } = looks;
  const { join } = pathsOf(platform);
  const own = judgePath(folder, looks);
  const names = stableNames(folder, "package", looks).filter((name) => isSamePath(looks.realpath(name) ?? "", folder, platform));
  const judged = [...names, folder].map((path) => ({ path, judgement: judgePath(path, looks) }));
  const chosen = longestLasting(judged);
  if (chosen === undefined)
    throw new Failure(
      "program-unstable",
      `clawtunnel runs from ${folder}, where a service would not find it again: ${own.is === "fleeting" ? own.why : ""}`,
    );
  const script = join(chosen.path, "dist", "daemon", "clawtunnel-daemon.js");
  if (looks.realpath(script) === undefined)
    throw new Failure("program-unstable", `there is no ${script}`, {
      hint: "Build it (`npm run build`), or `npm install --global clawtunnel`; then `clawtunnel install`.",
    });
  return { path: script, judgement: chosen.judgement, warnings: warningsOf(chosen, looks) };
}

function warningsOf({ path, judgement }: Judged, looks: ProgramLooks): string[] {
  const { dirname, basename, join } = pathsOf(looks.platform);
  if (judgement.is === "versioned") {
    return [
      `clawtunnel is installed in ${judgement.folder}${byManager(judgement)} and disappears with that version: after an upgrade run \`clawtunnel install\``,
    ];
  }
  if (basename(dirname(path)) !== "node_modules")
    return [
      `clawtunnel runs from the working copy ${path}: the service runs what stands there, built or not; \`npm install --global clawtunnel\` installs one to stay`,
    ];
  const project = dirname(dirname(path));
  // The global folders of pnpm, yarn and bun have a package.json too.
  const isGlobal = /[/\\]global(?:[/\\]|$)/.test(project) || looks.realpath(join(project, "package.json")) === undefined;
  return isGlobal
    ? []
    : [
        `clawtunnel belongs to the project ${project} and goes with its node_modules; \`npm install --global clawtunnel\` installs one to stay`,
      ];
}
