import { resolvePaths } from "../../src/config/paths.js";
import { usualWishes } from "../../src/service/choose-service.js";
import type { ServiceFacts } from "../../src/service/facts.js";

/** Laid over a machine's facts, to the depth of one name; the daemon's files follow the home folder. */
export interface FactChanges extends Partial<Omit<ServiceFacts, "user" | "program" | "systemd" | "wishes">> {
  readonly user?: Partial<ServiceFacts["user"]>;
  readonly program?: Partial<ServiceFacts["program"]>;
  readonly systemd?: Partial<ServiceFacts["systemd"]> | null;
  readonly wishes?: Partial<ServiceFacts["wishes"]>;
}

type Machine = Pick<ServiceFacts, "platform" | "user" | "searchPath" | "systemd" | "crontab"> & {
  readonly node: string;
  readonly modules: string;
};

function factsOf(machine: Machine, { user, program, systemd, wishes, ...rest }: FactChanges): ServiceFacts {
  const { node, modules, platform, searchPath, crontab } = machine;
  const whose = { ...machine.user, ...user };
  const script = ["clawtunnel", "dist", "daemon", "clawtunnel-daemon.js"].join(platform === "win32" ? "\\" : "/");
  return {
    platform,
    user: whose,
    program: { node, nodeOptions: [], script: modules + script, warnings: [], ...program },
    searchPath,
    env: {},
    instance: null,
    paths: resolvePaths({ platform, env: rest.env ?? {}, home: whose.home, user: whose.name }),
    systemd: systemd === null || machine.systemd === null ? null : { ...machine.systemd, ...systemd },
    crontab,
    wishes: { ...usualWishes, ...wishes },
    ...rest,
  };
}

/** A Debian 12 with a user `claw`, whose node is the distribution's. */
export function linuxFacts(changes: FactChanges = {}): ServiceFacts {
  const machine = {
    platform: "linux",
    user: { name: "claw", uid: 1000, home: "/home/claw", sid: null },
    node: "/usr/bin/node",
    modules: "/usr/lib/node_modules/",
    searchPath: "/usr/bin:/bin",
    systemd: { version: 252, canNotify: true, runtimeDir: "/run/user/1000" },
    crontab: "",
  } as const;
  return factsOf(machine, changes);
}

/** A Mac of user 501, with Homebrew. */
export function macFacts(changes: FactChanges = {}): ServiceFacts {
  const machine = {
    platform: "darwin",
    user: { name: "ada", uid: 501, home: "/Users/ada", sid: null },
    node: "/opt/homebrew/opt/node/bin/node",
    modules: "/opt/homebrew/lib/node_modules/",
    searchPath: "/opt/homebrew/bin:/usr/bin:/bin:/usr/sbin:/sbin",
    systemd: null,
    crontab: null,
  } as const;
  return factsOf(machine, changes);
}

/** A user's machine with Windows. */
export function windowsFacts(changes: FactChanges = {}): ServiceFacts {
  const home = "C:\\Users\\Ada Lovelace";
  const machine = {
    platform: "win32",
    user: { name: "ada", uid: -1, home, sid: "S-1-5-21-1004336348-1177238915-682003330-1001" },
    node: "C:\\Program Files\\nodejs\\node.exe",
    modules: `${home}\\AppData\\Roaming\\npm\\node_modules\\`,
    searchPath: "C:\\Windows\\System32;C:\\Windows\\System32\\OpenSSH",
    systemd: null,
    crontab: null,
  } as const;
  return factsOf(machine, { ...changes, program: { nodeOptions: ["--enable-source-maps"], ...changes.program } });
}
