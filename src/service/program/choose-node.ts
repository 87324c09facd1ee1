import { Failure } from "../../base/failure.js";
import { byManager, type Choice, isShim, type Judged, type Judgement, judgePath, longestLasting } from "./judge-path.js";
import { isSamePath, type ProgramLooks, pathsOf, splitSearchPath } from "./looks.js";
import { isNodeNewEnough, oldestNode } from "./node-version.js";
import { stableNames, usualNodes } from "./stable-names.js";

const hint = `Install Node ${oldestNode} or newer to stay (your system's packages, or https://nodejs.org), then run \`clawtunnel install\` with it.`;

/**
 * The name under which the service finds the node that runs now: one that outlives its upgrade if there is one, else that of its version
 * with a warning. For a node that will not stay, another one that will. Throws `program-unstable`.
 */
export async function chooseNode(execPath: string, looks: ProgramLooks): Promise<Choice> {
  const { platform } = looks;
  const real = looks.realpath(execPath) ?? execPath;
  const isThis = (path: string) => isSamePath(looks.realpath(path) ?? "", real, platform);
  const names = [...nodesOnPath(looks), ...stableNames(real, "node", looks), execPath, real].filter(isThis);
  const runnable = names.filter((name) => pathProblem(name, platform) === undefined);
  const judged = runnable.map((path) => ({ path, judgement: judgeNode(path, looks) }));
  // A good name of what is gone tomorrow is as good as none.
  const own = isEmptied(real, looks) ? undefined : longestLasting(judged);
  if (own !== undefined) return { ...own, warnings: warningsOf(own) };
  const why = runnable.length === 0 ? (pathProblem(real, platform) ?? "it is not there") : whyNot(judgeNode(real, looks), judged);
  return chooseAnother(execPath, why, looks);
}

async function chooseAnother(execPath: string, why: string, looks: ProgramLooks): Promise<Choice> {
  const others = [...nodesOnPath(looks), ...usualNodes(looks)].filter(
    (path) =>
      looks.isExecutable(path) &&
      pathProblem(path, looks.platform) === undefined &&
      judgeNode(path, looks).is === "stable" &&
      !isOpenToAll(path, looks),
  );
  for (const path of new Set(others)) {
    if (isEmptied(looks.realpath(path) ?? path, looks)) continue;
    const version = await looks.nodeVersion(path);
    if (version === undefined || !isNodeNewEnough(version)) continue;
    return { path, judgement: { is: "stable" }, warnings: [`the service runs ${path} (${version}) and not ${execPath}: ${why}`] };
  }
  throw new Failure(
    "program-unstable",
    `a service cannot rely on the node that runs now, ${execPath}: ${why}; and there is no other one of ${oldestNode} or newer`,
    { hint },
  );
}

function nodesOnPath({ env, platform }: ProgramLooks): string[] {
  const { isAbsolute, join } = pathsOf(platform);
  const name = platform === "win32" ? "node.exe" : "node";
  return splitSearchPath(env.PATH, platform)
    .filter(isAbsolute)
    .map((folder) => join(folder, name));
}

function judgeNode(path: string, looks: ProgramLooks): Judgement {
  if (isShim(path)) return { is: "fleeting", why: "it is a shim, and a service cannot watch what is behind it" };
  // What `npm install node` and `npx -p node` bring along.
  if (/[/\\]node_modules[/\\]/.test(path)) return { is: "fleeting", why: "it belongs to a package and goes with it" };
  return judgePath(path, looks);
}

/** A store's paths have names that keep them; other fleeting ones do not. */
function isEmptied(real: string, looks: ProgramLooks): boolean {
  return !/^\/(?:nix|gnu)\/store\//.test(real) && judgePath(real, looks).is === "fleeting";
}

/** Whether anybody could put another program in its place. */
function isOpenToAll(path: string, { platform, folderMode }: ProgramLooks): boolean {
  return platform !== "win32" && ((folderMode(pathsOf(platform).dirname(path)) ?? 0) & 0o002) !== 0;
}

function whyNot(ofReal: Judgement, judged: readonly Judged[]): string {
  const fleeting = [ofReal, ...judged.map(({ judgement }) => judgement)].find((judgement) => judgement.is === "fleeting");
  return fleeting?.is === "fleeting" ? fleeting.why : "it will not stay there";
}

function warningsOf({ path, judgement }: Judged): string[] {
  if (judgement.is !== "versioned") return [];
  return [
    `${path} is one version of node${byManager(judgement)} and disappears when that version is removed: after an upgrade of node run \`clawtunnel install\``,
  ];
}

/** What systemd refuses in the path of a program, quoted or not; undefined when it takes it. */
function pathProblem(path: string, platform: NodeJS.Platform): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
  if (/[\u0000-\u001f\u007f]/.test(path)) return "its path has a control character";
  return platform === "linux" && /['"\\]/.test(path) ? "systemd runs nothing whose path has a quote or a backslash" : undefined;
}
