import type { ManagerName } from "../../base/manager-name.js";
import { ownVersion } from "../../base/own-package.js";
import { checkEndpoint } from "../../config/paths.js";
import { loadConfig } from "../../config/store.js";
import { chooseService } from "../../service/choose-service.js";
import { hasDefinition } from "../../service/definition-place.js";
import type { ServiceFacts, ServiceWishes } from "../../service/facts.js";
import type { FlowHands } from "../../service/flows/come-up.js";
import { type Pace, systemPace } from "../../service/flows/pace.js";
import { type LastExit, readLastExit } from "../../service/last-exit.js";
import { type Gathering, gatherFacts } from "../../service/machine/gather-facts.js";
import { type RunCommand, runCommand } from "../../service/machine/run-command.js";
import { type ServiceFiles, systemFiles } from "../../service/machine/service-files.js";
import { findOlderWaysBeside, type OlderWaysHere } from "../../service/older-ways/find-older-ways.js";
import { findDrift } from "../../service/program/drift.js";
import { programLooks } from "../../service/program/find-program.js";
import { readInstalledProgram } from "../../service/program/installed-program.js";
import type { Service, ServiceFinding, Step } from "../../service/service.js";
import { daemonOf } from "../daemon-of.js";
import type { CliContext } from "../define-command.js";
import { daemonLink, type ServiceDaemon } from "./daemon-link.js";

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
    daemon: (facts) => daemonLink(daemonOf(facts.paths)),
    lastExit: (facts) => readLastExit(facts.paths.lastExitFile),
    check: (facts) => {
      loadConfig(facts.paths.configFile);
      checkEndpoint(facts.paths.controlEndpoint);
    },
    drift: async (manager, definition, facts) => {
      const installed = await readInstalledProgram(manager, definition);
      return installed === undefined ? [] : findDrift(installed, facts.program, programLooks());
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
export function handsFor(machine: ServiceMachine, facts: ServiceFacts, onStep: (step: Step) => void = () => {}): FlowHands {
  const { run, files, isRoot, pace } = machine;
  return { run, files, isRoot, pace, daemon: machine.daemon(facts), lastExit: () => machine.lastExit(facts), onStep };
}
