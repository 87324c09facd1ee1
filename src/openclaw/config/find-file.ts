import { posix } from "node:path";
import type { GatewayEnvironment } from "./environment.js";

/** Where a gateway looks for what. The paths are the server's. */
export interface GatewayPaths {
  /** The first that exists is its configuration; when none does, it would be `fresh`. */
  readonly candidates: readonly string[];
  readonly fresh: string;
  /** Files of variables, for what the environment does not say; the first that says it counts. */
  readonly dotEnvs: readonly string[];
}

/** As openclaw 2026.9.6 finds its files. A named profile has one place; without one, the places of its former names count too. Pure. */
export function gatewayPaths(environment: GatewayEnvironment, profile: string | null): GatewayPaths {
  const osHome = environment.HOME ?? "/";
  const home = expand(environment.OPENCLAW_HOME ?? osHome, osHome);
  const named = environment.OPENCLAW_STATE_DIR === undefined ? undefined : expand(environment.OPENCLAW_STATE_DIR, home);
  const folder = named ?? posix.join(home, profile === null ? ".openclaw" : `.openclaw-${profile}`);
  const dotEnvs = [posix.join(folder, ".env")];
  if (folder === posix.join(home, ".openclaw")) dotEnvs.push(posix.join(home, ".config/openclaw/gateway.env"));
  const fresh = posix.join(folder, "openclaw.json");
  if (environment.OPENCLAW_CONFIG_PATH !== undefined) {
    const file = expand(environment.OPENCLAW_CONFIG_PATH, home);
    return { candidates: [file], fresh: file, dotEnvs };
  }
  if (profile !== null) return { candidates: [fresh], fresh, dotEnvs };
  const folders = [...new Set([folder, posix.join(home, ".openclaw"), posix.join(home, ".clawdbot")])];
  const candidates = folders.flatMap((each) => [posix.join(each, "openclaw.json"), posix.join(each, "clawdbot.json")]);
  return { candidates, fresh, dotEnvs };
}

function expand(path: string, home: string): string {
  return posix.resolve(home, path.replace(/^~(?=$|\/)/, home));
}
