import type { Address } from "../base/address.js";
import { formatServer } from "../config/target.js";
import type { EnginePick } from "./engine-choice/choose-engine.js";
import type { HostConfig } from "./host-config.js";
import type { LoginFacts } from "./session.js";

const forwardKeywords = { localforward: "LocalForward", remoteforward: "RemoteForward", dynamicforward: "DynamicForward" } as const;

/** What is told of a host as soon as it is resolved. Pure. */
export function factsOfHost(host: HostConfig, { engine, reason }: EnginePick): LoginFacts {
  return {
    engine,
    engineReason: reason,
    target: formatServer(host.server),
    firstHop: firstHopOf(host),
    keepalive: host.keepalive,
    warnings: [...host.jumps, host].flatMap(uncheckedKeys).concat(foreignForwards(host)),
  };
}

/** Null behind a ProxyCommand. */
export function firstHopOf(host: HostConfig): Address | null {
  const first = host.jumps[0] ?? host;
  return first.proxyCommand === null ? first.server : null;
}

function uncheckedKeys({ alias, hostKeyPolicy }: HostConfig): string[] {
  return hostKeyPolicy === "no" ? [`the host keys of ${alias} are not checked (StrictHostKeyChecking no)`] : [];
}

/** Two programs that open them would fight for their ports. With ClearAllForwardings ssh does not show them either. */
function foreignForwards({ alias, said }: HostConfig): string[] {
  const found = Object.entries(forwardKeywords).flatMap(([key, name]) => (said.get(key) ?? []).map((value) => `${name} ${value}`));
  if (found.length === 0) return [];
  return [`ssh_config has ${found.join(", ")} for ${alias}, which this tunnel does not open: \`clawtunnel import ${alias}\` takes it over`];
}
