import { win32 } from "node:path";
import { Failure } from "../../base/failure.js";
import { taskPath } from "../definition-place.js";
import { escapeXml } from "../escape-xml.js";
import type { ServiceFacts } from "../facts.js";
import { serviceCommand } from "../program/daemon-command.js";
import type { ServiceFile } from "../service.js";
import { fillTemplate, readTemplate } from "../template.js";
import { commandLine, jscriptText, quoteWord } from "./escape.js";

/** MAX_PATH less its closing NUL: wscript, schtasks and CreateProcess take no longer one. */
const pathMaxLength = 259;

/** In characters, less its closing NUL: what CreateProcess takes. */
const commandMaxLength = 32_766;

/** The task's definition, and the script that it runs. */
export interface TaskFiles {
  readonly definition: ServiceFile;
  readonly launcher: ServiceFile;
  /** What wscript is run with. */
  readonly launchArguments: string;
}

/** Throws `service-unavailable` where Task Scheduler could not register or run what is written here. */
export function taskFiles(facts: ServiceFacts, name: string): TaskFiles {
  const { sid, home } = facts.user;
  if (sid === null || !/^S-1(-\d+)+$/.test(sid)) throw cannot("your security identifier is not known", sidHint);
  const definition = taskPath(facts.paths.stateDir);
  const launcher = win32.join(facts.paths.stateDir, "clawtunnel-launch.js");
  for (const path of [definition, launcher, home, facts.program.node]) checkLength(path);
  for (const path of [launcher, home]) checkVariables(path);
  const launchArguments = `//B //Nologo //E:JScript ${quoteWord(launcher)}`;
  return {
    launchArguments,
    definition: {
      path: definition,
      mode: 0o600,
      encoding: "utf16le",
      contents: fill("clawtunnel-task.xml", {
        name: escapeXml(name, "the task's name"),
        sid,
        arguments: escapeXml(launchArguments, "the launcher's path"),
        workingDirectory: escapeXml(home, "the home folder's path"),
      }),
    },
    launcher: { path: launcher, mode: 0o600, encoding: "utf8", contents: fill("clawtunnel-launch.js", launcherValues(facts)) },
  };
}

/** Run replaces %NAME% by the variable of that name and knows no way to write a percent sign, but it does not look at what it put in. */
const percentVariable = "CLAWTUNNEL_PERCENT";

function launcherValues({ program, searchPath, env }: ServiceFacts): { command: string; variables: string } {
  const plain = commandLine(serviceCommand(program));
  const command = plain.replaceAll("%", `%${percentVariable}%`);
  if (command.length > commandMaxLength) throw cannot(`the daemon's command line has ${command.length} characters`, shorterHint);
  const variables = Object.entries({
    CLAWTUNNEL_SERVICE: "task-scheduler",
    PATH: searchPath,
    ...env,
    ...(command !== plain && { [percentVariable]: "%" }),
  });
  // A comma after the last one would be one more element to JScript.
  const lines = variables.map(([name, value]) => `  ["${jscriptText(name)}", "${jscriptText(value)}"]`);
  return { command: jscriptText(command), variables: `[\n${lines.join(",\n")}\n]` };
}

function fill(template: string, values: Readonly<Record<string, string>>): string {
  return fillTemplate(readTemplate(template), values).replace(/\r?\n/g, "\r\n");
}

function checkLength(path: string): void {
  if (path.length <= pathMaxLength) return;
  throw cannot(`a path has ${path.length} characters and Windows' own programs take ${pathMaxLength}: ${path}`, shorterHint);
}

function checkVariables(path: string): void {
  if (!/%[^%]+%|\$\(/.test(path)) return;
  throw cannot(`Task Scheduler would take a part of this path for a variable: ${path}`, shorterHint);
}

const sidHint = "Check that `whoami /user` answers in this terminal, then `clawtunnel install`.";
const shorterHint = "Set CLAWTUNNEL_HOME to a folder with a short and plain path, or install node and clawtunnel in one.";

function cannot(why: string, hint: string): Failure {
  return new Failure("service-unavailable", `Task Scheduler cannot run clawtunnel: ${why}`, { hint });
}
