import { readdirSync, realpathSync } from "node:fs";
import { homedir, hostname, userInfo } from "node:os";
import type { TunnelSpec } from "../../config/tunnel-spec.js";
import { readSourceFile } from "../../interchange/source-file.js";
import { withConfiguredForwards } from "../../interchange/ssh/configured-forwards.js";
import { runCommand } from "../machine/run-command.js";
import type { OlderWaysLooks } from "./looks.js";
import { type MatchedWay, matchWays } from "./match-forwards.js";
import { findOlderAgents } from "./older-agents.js";
import { findOlderCronLines } from "./older-cron-lines.js";
import { findOlderUnits } from "./older-units.js";
import type { FoundWays } from "./older-way.js";
import { findServers } from "./same-server.js";

/** What already keeps forwards open on this machine. What cannot be read is skipped with a word; nothing here fails an install. */
export async function findOlderWays(looks: OlderWaysLooks): Promise<FoundWays> {
  const found: FoundWays[] = [];
  if (looks.platform === "linux") found.push(await findOlderUnits("systemd", looks), await findOlderUnits("systemd-system", looks));
  if (looks.platform === "darwin") found.push(await findOlderAgents(looks));
  found.push(await findOlderCronLines(looks));
  return { ways: found.flatMap(({ ways }) => ways), skipped: [...new Set(found.flatMap(({ skipped }) => skipped))] };
}

export interface OlderWaysHere {
  readonly matched: readonly MatchedWay[];
  readonly skipped: readonly string[];
}

/** The same beside the tunnels of our config. `crontab` is the user's as it is now, null without one. */
export async function findOlderWaysBeside(
  tunnels: ReadonlyMap<string, TunnelSpec>,
  crontab: string | null,
  signal: AbortSignal,
): Promise<OlderWaysHere> {
  const { ways, skipped } = await findOlderWays(olderWaysLooks(crontab, signal));
  if (ways.length === 0) return { matched: [], skipped };
  const servers = await findServers(
    ways.flatMap((way) => way.tunnels.map(({ entry }) => entry)),
    tunnels.values(),
    signal,
  );
  return { matched: matchWays(ways, tunnels, servers), skipped };
}

/** This machine. */
export function olderWaysLooks(crontab: string | null, signal: AbortSignal): OlderWaysLooks {
  const { username, uid } = userInfo();
  return {
    platform: process.platform,
    home: homedir(),
    user: username,
    uid,
    hostName: hostname(),
    env: process.env,
    crontab,
    listFolder,
    realpath,
    readText: readSourceFile,
    run: runCommand,
    addConfigured: (tunnel) => withConfiguredForwards(tunnel, signal),
  };
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch {
    return [];
  }
}

function realpath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
