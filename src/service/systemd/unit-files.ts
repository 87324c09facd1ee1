import { posix } from "node:path";
import { Failure } from "../../base/failure.js";
import { serviceName, unitFolder } from "../definition-place.js";
import type { ServiceFacts } from "../facts.js";
import { serviceCommand } from "../program/daemon-command.js";
import type { ServiceFile } from "../service.js";
import { fillTemplate, readTemplate } from "../template.js";
import { unitCommand, unitPath, unitVariable, unitWord } from "./escape.js";

/** The first version with RestartSteps= and RestartMaxDelaySec=. */
const slowsDownSince = 254;

/** The service and the watch on its config file. Throws where systemd could not read something back as it is. */
export function unitFiles(facts: ServiceFacts): readonly [ServiceFile, ServiceFile] {
  const name = serviceName(facts.instance);
  const folder = unitFolder(facts.wishes.scope, facts.user.home);
  return [
    unitFile(posix.join(folder, `${name}.service`), serviceUnit(facts)),
    unitFile(
      posix.join(folder, `${name}.path`),
      fillTemplate(readTemplate("clawtunnel.path"), {
        service: `${name}.service`,
        description: `${describe(facts)}: its config file`,
        configFile: unitPath(facts.paths.configFile),
      }),
    ),
  ];
}

function unitFile(path: string, contents: string): ServiceFile {
  return { path, mode: 0o644, contents, encoding: "utf8" };
}

function serviceUnit(facts: ServiceFacts): string {
  const { systemd, wishes, program, user } = facts;
  if (systemd === null) throw new Failure("service-unavailable", "systemd does not run this machine");
  const name = serviceName(facts.instance);
  const [node, ...args] = serviceCommand(program);
  const isSystem = wishes.scope === "system";
  const slowsDown = systemd.version >= slowsDownSince;
  // The system's manager takes the home from the user database; a caller whose HOME is another has its keys there.
  const variables = { ...(isSystem ? { HOME: user.home } : {}), ...facts.env };
  return fillTemplate(readTemplate("clawtunnel.service"), {
    systemctl: isSystem ? "systemctl" : "systemctl --user",
    service: `${name}.service`,
    path: `${name}.path`,
    description: describe(facts),
    system: isSystem,
    login: !isSystem,
    notify: systemd.canNotify,
    exec: !systemd.canNotify,
    steps: slowsDown,
    steady: !slowsDown,
    hardened: wishes.isHardened,
    command: unitCommand(node, args),
    user: userWord(user),
    home: unitWord(user.home),
    searchPath: unitVariable("PATH", facts.searchPath),
    environment: Object.entries(variables)
      .map(([variable, value]) => `Environment=${unitVariable(variable, value)}`)
      .join("\n"),
  });
}

function describe({ instance }: ServiceFacts): string {
  return `clawtunnel SSH tunnel manager${instance === null ? "" : ` (${instance})`}`;
}

/** By number where systemd would not take the name: a domain's `\`, blanks, or digits alone. */
function userWord({ name, uid }: ServiceFacts["user"]): string {
  return /^[A-Za-z_][\w.-]*$/.test(name) ? name : String(uid);
}
