import { join, resolve } from "node:path";
import { Failure } from "../../base/failure.js";

/** The shell in which a person runs `openclaw`, as far as it says where its configuration is. */
export interface ClientShell {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the system's account. */
  readonly home: string;
  readonly exists: (path: string) => boolean;
}

const fileNames = ["openclaw.json", "clawdbot.json"];

/**
 * The configuration that an `openclaw` of this shell reads, as openclaw 2026.9.6 finds it: OPENCLAW_CONFIG_PATH, OPENCLAW_STATE_DIR,
 * OPENCLAW_HOME, and in a home the folder and the file of its former name where there is no other. A profile is chosen by `--profile`,
 * not by OPENCLAW_PROFILE. The file need not exist. Throws `client-config-unusable` where the shell says that it must not be changed.
 */
export function findClientConfig({ env, home, exists }: ClientShell): string {
  if (env.OPENCLAW_CONFIG_READONLY === "1" || env.OPENCLAW_NIX_MODE === "1") {
    throw new Failure("client-config-unusable", "OpenClaw's configuration is kept by something else here", {
      hint: "OPENCLAW_CONFIG_READONLY or OPENCLAW_NIX_MODE says so: write gateway.mode and gateway.remote.url where it is kept.",
    });
  }
  const ownHome = said(env.HOME) ?? said(env.USERPROFILE) ?? home;
  const openclawHome = resolve(underHome(said(env.OPENCLAW_HOME) ?? ownHome, ownHome));
  const named = env.OPENCLAW_CONFIG_PATH?.trim();
  if (named) return resolve(underHome(named, openclawHome));
  const stateDir = env.OPENCLAW_STATE_DIR?.trim();
  const folders = stateDir
    ? [resolve(underHome(stateDir, openclawHome))]
    : [join(openclawHome, ".openclaw"), join(openclawHome, ".clawdbot")];
  const candidates = folders.flatMap((folder) => fileNames.map((name) => join(folder, name)));
  const folder = folders.find(exists) ?? folders[0] ?? openclawHome;
  return candidates.find(exists) ?? join(folder, "openclaw.json");
}

/** OpenClaw takes these words for nothing at all. */
function said(value: string | undefined): string | undefined {
  const text = value?.trim();
  return text && text !== "undefined" && text !== "null" ? text : undefined;
}

function underHome(path: string, home: string): string {
  return path.replace(/^~(?=$|[\\/])/, () => home);
}
