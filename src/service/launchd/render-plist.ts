import { posix } from "node:path";
import { launchdLabel } from "../definition-place.js";
import { escapeXml } from "../escape-xml.js";
import type { ServiceFacts } from "../facts.js";
import { scopeVariable, serviceCommand } from "../program/daemon-command.js";
import { fillTemplate, readTemplate } from "../template.js";

/** What launchd lets the program write to: in the folder of the daemon's own log, which on a Mac is `~/Library/Logs/clawtunnel`. */
export function launchdOutputFile({ paths }: Pick<ServiceFacts, "paths">): string {
  return posix.join(paths.stateDir, "service.log");
}

/** The property list, from its template. Throws `service-unavailable` for a fact that XML cannot hold. */
export function renderPlist(facts: ServiceFacts): string {
  const { program, paths, user, wishes } = facts;
  const isSystem = wishes.scope === "system";
  return fillTemplate(readTemplate("dev.clawtunnel.daemon.plist"), {
    label: escapeXml(launchdLabel(facts.instance), "the label"),
    programArguments: serviceCommand(program)
      .map((word) => string(word, "the command line"))
      .join("\n    "),
    userName: isSystem ? escapeXml(user.name, "the user's name") : "",
    isHeadless: !isSystem && wishes.isHeadless,
    configFile: escapeXml(paths.configFile, "the config file's path"),
    home: escapeXml(user.home, "the home folder's path"),
    environment: Object.entries(environmentOf(facts))
      .map(([name, value]) => `<key>${escapeXml(name, "a variable's name")}</key>\n    ${string(value, name)}`)
      .join("\n    "),
    outputFile: escapeXml(launchdOutputFile(facts), "the log folder's path"),
  });
}

function environmentOf({ env, searchPath, user, wishes }: ServiceFacts): Record<string, string> {
  // What a log-in would have set, for the commands that ssh_config names.
  const login = { HOME: user.home, USER: user.name, LOGNAME: user.name, [scopeVariable]: "system" };
  return { ...env, ...(wishes.scope === "system" && login), PATH: searchPath, CLAWTUNNEL_SERVICE: "launchd" };
}

function string(text: string, what: string): string {
  return `<string>${escapeXml(text, what)}</string>`;
}
