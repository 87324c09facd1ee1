import { resolvePaths } from "../../src/config/paths.js";
import type { ServiceFacts } from "../../src/service/facts.js";

interface Changes extends Partial<Omit<ServiceFacts, "wishes" | "program" | "systemd" | "user">> {
  readonly user?: Partial<ServiceFacts["user"]>;
  readonly program?: Partial<ServiceFacts["program"]>;
  readonly systemd?: Partial<NonNullable<ServiceFacts["systemd"]>> | null;
  readonly wishes?: Partial<ServiceFacts["wishes"]>;
}

/** A Debian 12 with a user `claw`, whose node is the distribution's; and what is otherwise there. */
export function linuxServiceFacts({ user, program, systemd, wishes, ...rest }: Changes = {}): ServiceFacts {
  return {
    platform: "linux",
    user: { name: "claw", uid: 1000, home: "/home/claw", sid: null, ...user },
    program: {
      node: "/usr/bin/node",
      nodeOptions: [],
      script: "/usr/lib/node_modules/clawtunnel/dist/daemon/clawtunnel-daemon.js",
      warnings: [],
      ...program,
    },
    searchPath: "/usr/local/bin:/usr/bin:/bin",
    env: {},
    instance: null,
    paths: resolvePaths({ platform: "linux", env: {}, home: "/home/claw", user: "claw" }),
    systemd: systemd === null ? null : { version: 252, canNotify: true, runtimeDir: "/run/user/1000", ...systemd },
    crontab: "",
    wishes: { scope: "user", isHardened: true, isHeadless: false, usesCron: false, ...wishes },
    ...rest,
  };
}
