import { Failure } from "../base/failure.js";
import { definitionPaths } from "./definition-place.js";
import type { ServiceFacts } from "./facts.js";
import { type ServiceFiles, textOf } from "./machine/service-files.js";
import type { Service } from "./service.js";

/** What the command line of every definition of ours ends with; the task's is in the launcher that it runs. */
const ownProgram = /clawtunnel-(daemon|launch)\.js/;

/** Whether `install` wrote it, of whichever version. */
export function isOwnDefinition(text: string): boolean {
  return ownProgram.test(text);
}

/** Whom a definition for the whole machine is for, by name or number: a unit's User=, a property list's UserName. */
export function installedUser(text: string): string | undefined {
  return /^User=(.*)$/m.exec(text)?.[1] ?? /<key>UserName<\/key>\s*<string>([^<]*)<\/string>/.exec(text)?.[1];
}

/**
 * Throws `service-unavailable` where an install would write over what is not its own: a definition that a person wrote, a mask of
 * systemd's, or another user's service; and where a service of the whole machine is for a user who has one of their own.
 */
export function refuseForeign({ scope, files: [definition] }: Service, facts: ServiceFacts, files: ServiceFiles): void {
  if (definition === undefined) return;
  const { user, platform, instance, paths } = facts;
  const stored = files.read(definition.path);
  const text = stored === undefined ? undefined : textOf(stored);
  if (text !== undefined && !isOwnDefinition(text)) throw notOurs(definition.path, text, facts);
  const owner = scope === "system" && text !== undefined ? installedUser(text) : undefined;
  if (owner !== undefined && owner !== user.name && owner !== String(user.uid))
    throw new Failure("service-unavailable", `${definition.path} is the service of ${owner}, and would be one of ${user.name}`, {
      hint: `Take that one away first, as ${owner} with sudo: \`sudo clawtunnel uninstall\`. Or let each have their own: \`clawtunnel install\` without --system.`,
    });
  const [own] = definitionPaths({ platform, instance, home: user.home, stateDir: paths.stateDir });
  if (scope === "system" && own !== undefined && files.read(own) !== undefined)
    throw new Failure("service-unavailable", `${user.name} has a service of their own for this same home: ${own}`, {
      hint: `Take that one away first, as ${user.name} and without sudo: \`clawtunnel uninstall\`.`,
    });
}

function notOurs(path: string, text: string, { platform, wishes }: ServiceFacts): Failure {
  const name = path.slice(path.lastIndexOf("/") + 1);
  // systemctl mask makes a link to /dev/null; systemd takes an empty file for the same.
  if (text === "" && platform === "linux")
    return new Failure("service-unavailable", `${name} is masked: ${path} is empty, or a link to /dev/null`, {
      hint: `Allow it: \`systemctl ${wishes.scope === "user" ? "--user " : ""}unmask ${name}\`, then install again.`,
    });
  return new Failure("service-unavailable", `${path} was not written by clawtunnel, and would be lost`, {
    hint: "If it is not wanted any more, disable it, move the file away and install again.",
  });
}
