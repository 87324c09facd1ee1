import { isDeepStrictEqual } from "node:util";
import { asFailure } from "../../base/failure.js";
import { plainLogin } from "../../config/plain-login.js";
import type { TunnelEntry } from "../../config/schema.js";
import { parseTarget } from "../../config/target.js";
import { writtenTarget } from "../../config/targets-of.js";
import { resolveHost } from "../../ssh/resolve/resolve-host.js";
import { type FoundTunnel, lost, needless, type Reading } from "../reading.js";
import { readConfiguredForwards } from "./ssh-config.js";

const askedAtOnce = 4;

/** The hosts that have forwards in ssh_config, as ssh itself reads it; what cannot be asked is told. */
export async function readHosts(hosts: readonly string[], configFile: string | null, signal: AbortSignal): Promise<Reading> {
  const readings: Reading[] = [];
  for (let at = 0; at < hosts.length; at += askedAtOnce)
    readings.push(...(await Promise.all(hosts.slice(at, at + askedAtOnce).map((host) => readHost(host, configFile, signal)))));
  return { tunnels: readings.flatMap(({ tunnels }) => tunnels), leftOut: readings.flatMap(({ leftOut }) => leftOut) };
}

/** The alias stays the target: all but the forwards is ssh_config's to say, now and later. */
async function readHost(host: string, configFile: string | null, signal: AbortSignal): Promise<Reading> {
  try {
    const { said } = await resolveHost(plainLogin(parseTarget(host), configFile), signal);
    const { forwards, leftOut } = readConfiguredForwards(said);
    if (forwards.length === 0) return { tunnels: [], leftOut };
    const entry: TunnelEntry = { target: host, ...(configFile !== null && { sshConfig: configFile }), forwards: [...forwards] };
    return { tunnels: [{ name: host, source: `Host ${host}`, entry, leftOut }], leftOut: [] };
  } catch (error) {
    if (signal.aborted) throw error;
    return { tunnels: [], leftOut: [lost(`Host ${host}`, asFailure(error).message)] };
  }
}

/**
 * What ssh_config adds to a command: ssh opens its forwards too. ssh is asked of the host, the user and the port alone, and only where
 * these are words that no shell reads anything into: what a command names beside them (a file with `Match exec`) could be run.
 */
export async function withConfiguredForwards(tunnel: FoundTunnel, signal: AbortSignal): Promise<FoundTunnel> {
  const { entry, leftOut } = tunnel;
  const target = writtenTarget(entry);
  if (!/^[\w.@:[\]-]+$/.test(target)) return tunnel;
  if (entry.sshConfig !== undefined && entry.sshConfig !== "/dev/null")
    return {
      ...tunnel,
      leftOut: [
        ...leftOut,
        lost(`the forwards in ${entry.sshConfig}`, `nothing was asked of it; \`clawtunnel import -F ${entry.sshConfig}\` does`),
      ],
    };
  if (entry.sshConfig !== undefined) return tunnel;
  try {
    const { said } = await resolveHost(plainLogin(parseTarget(target)), signal);
    const configured = readConfiguredForwards(said);
    const own = entry.forwards ?? [];
    const added = configured.forwards.filter((forward) => !own.some((other) => isDeepStrictEqual(other, forward)));
    const forwards = [...own, ...added];
    const notes =
      added.length === 0
        ? []
        : [
            needless(
              `ssh_config of ${target}`,
              `its ${added.length === 1 ? "forward is" : `${added.length} forwards are`} taken over: clawtunnel opens none of ssh_config itself`,
            ),
          ];
    return {
      ...tunnel,
      entry: { ...entry, ...(forwards.length > 0 && { forwards }) },
      leftOut: [...leftOut, ...configured.leftOut, ...notes],
    };
  } catch (error) {
    if (signal.aborted) throw error;
    return { ...tunnel, leftOut: [...leftOut, lost("the forwards in ssh_config", asFailure(error).message)] };
  }
}
