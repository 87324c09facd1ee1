import { ownVersion } from "../../base/version.js";
import { checkEndpoint } from "../../config/paths.js";
import { loadConfig } from "../../config/store.js";
import { chooseService } from "../../service/choose-service.js";
import type { FlowHands } from "../../service/come-up.js";
import type { ServiceFacts, ServiceWishes } from "../../service/facts.js";
import { type Gathering, gatherFacts } from "../../service/gather-facts.js";
import { type LastExit, readLastExit } from "../../service/last-exit.js";
import { findOlderWaysBeside, type OlderWaysHere } from "../../service/older-ways/find-older-ways.js";
import { type Pace, systemPace } from "../../service/pace.js";
import { driftFindings, lookAtInstalled } from "../../service/program/drift.js";
import { programLooks } from "../../service/program/find-program.js";
import { readInstalledProgram } from "../../service/program/installed-program.js";
import { type RunCommand, runCommand } from "../../service/run-command.js";
import type { ManagerName, Service, ServiceFinding, Step } from "../../service/service.js";
import { type ServiceFiles, systemFiles } from "../../service/service-files.js";
import type { CliContext } from "../define-command.js";
import { clientsOf, daemonLink, type ServiceDaemon } from "./daemon-link.js";
import { hasDefinition } from "./has-definition.js";

/** What the commands around the service use of this machine. A test has a machine of its own. */
export interface ServiceMachine {
  readonly version: string;
  readonly isRoot: boolean;
  /** Who became root by sudo; undefined where nobody did. */
  readonly sudoUser: string | undefined;
  readonly run: RunCommand;
  readonly files: ServiceFiles;
  readonly pace: Pace;
  /** Whether it is worth to look for a service at all: costs a look at a file or two. */
  mayBeInstalled(): boolean;
  facts(wishes: ServiceWishes, gathering: Gathering): Promise<ServiceFacts>;
  choose(facts: ServiceFacts): Service;
  daemon(facts: ServiceFacts): ServiceDaemon;
  lastExit(facts: ServiceFacts): LastExit | undefined;
  /** Throws what would keep a daemon from starting. */
  check(facts: ServiceFacts): void;
  /** What has become of the node and the script in a definition that was written once. */
  drift(manager: ManagerName, definition: string, facts: ServiceFacts): Promise<readonly ServiceFinding[]>;
  /** What else keeps forwards open here, beside our tunnels. */
  olderWays(facts: ServiceFacts, signal: AbortSignal): Promise<OlderWaysHere>;
  kill(pid: number): void;
  /** In place of a daemon that was started by hand, another one that is. */
  replaceByHand(): Promise<void>;
}

export function systemMachine({ paths }: Pick<CliContext, "paths">): ServiceMachine {
  return {
    version: ownVersion(),
    isRoot: process.getuid?.() === 0,
    sudoUser: [undefined, "", "root"].includes(process.env.SUDO_USER) ? undefined : process.env.SUDO_USER,
    run: runCommand,
    files: systemFiles,
    pace: systemPace,
    mayBeInstalled: () => hasDefinition(paths),
    facts: (wishes, gathering) => gatherFacts(wishes, gathering),
    choose: chooseService,
    daemon: (facts) => daemonLink(clientsOf([facts.paths.controlEndpoint, paths.controlEndpoint], facts.paths.lockFile)),
    lastExit: (facts) => readLastExit(facts.paths.lastExitFile),
    check: (facts) => {
      loadConfig(facts.paths.configFile);
      checkEndpoint(facts.paths.controlEndpoint);
    },
    drift: async (manager, definition, facts) => {
      const installed = await readInstalledProgram(manager, definition);
      if (installed === undefined) return [];
      return driftFindings(await lookAtInstalled(installed, programLooks()), facts.program, facts.platform);
    },
    olderWays: ({ paths: { configFile }, crontab }, signal) => findOlderWaysBeside(loadConfig(configFile).tunnels, crontab, signal),
    kill: (pid) => process.kill(pid, "SIGKILL"),
    replaceByHand: async () => {
      const { launchDaemon } = await import("../../daemon/launch.js");
      await launchDaemon({ takesOver: true });
    },
  };
}

/** The hands for one service of this machine. */
export function handsFor(machine: ServiceMachine, facts: ServiceFacts, onStep: (step: Step) => void): FlowHands {
  return { run: machine.run, daemon: machine.daemon(facts), pace: machine.pace, lastExit: () => machine.lastExit(facts), onStep };
}
