import { resolvePaths } from "../../src/config/paths.js";
import type { ServiceFacts, ServiceWishes } from "../../src/service/facts.js";

const wishes: ServiceWishes = { scope: "user", isHardened: true, isHeadless: false, usesCron: false };

/** A Mac of user 501, as an install would find it. */
export function macFacts(changes: Partial<Omit<ServiceFacts, "wishes">> & { readonly wishes?: Partial<ServiceWishes> } = {}): ServiceFacts {
  const user = changes.user ?? { name: "ada", uid: 501, home: "/Users/ada", sid: null };
  return {
    platform: "darwin",
    program: {
      node: "/opt/homebrew/opt/node/bin/node",
      nodeOptions: [],
      script: "/opt/homebrew/lib/node_modules/clawtunnel/dist/daemon/clawtunnel-daemon.js",
      warnings: [],
    },
    searchPath: "/opt/homebrew/bin:/usr/bin:/bin:/usr/sbin:/sbin",
    env: {},
    instance: null,
    paths: resolvePaths({ platform: "darwin", env: changes.env ?? {}, home: user.home, user: user.name }),
    systemd: null,
    crontab: null,
    ...changes,
    user,
    wishes: { ...wishes, ...changes.wishes },
  };
}
