import type { LoginSpec } from "../../config/tunnel-spec.js";
import type { HostFacts } from "../../interchange/writers/outgoing.js";
import { resolveHost } from "../../ssh/resolve/resolve-host.js";

/** What an exported block says itself: that it is in ssh_config already makes no other host of its name. */
const ownKeywords = new Set([
  "host",
  "localforward",
  "remoteforward",
  "dynamicforward",
  "exitonforwardfailure",
  "serveraliveinterval",
  "serveralivecountmax",
  "connecttimeout",
]);

/** What ssh_config has to say in a tunnel that is exported; nothing, where ssh cannot be asked. */
export async function factsOfHost(name: string, login: LoginSpec, signal: AbortSignal): Promise<HostFacts> {
  const { host } = login.target;
  const renamed = { ...login, target: { ...login.target, host: name }, options: [`HostName=${host}`, ...login.options] };
  try {
    const [resolved, byName] = await Promise.all([resolveHost(login, signal), resolveHost(renamed, signal)]);
    const keepalive = resolved.keepalive === null ? [] : ["ServerAliveInterval", "ServerAliveCountMax"];
    const timeout = resolved.connectTimeoutMs === null ? [] : ["ConnectTimeout"];
    return { configured: new Set([...keepalive, ...timeout]), isAlias: summary(resolved.said) !== summary(byName.said) };
  } catch {
    signal.throwIfAborted();
    return { configured: new Set(), isAlias: false };
  }
}

function summary(said: ReadonlyMap<string, readonly string[]>): string {
  return JSON.stringify([...said].filter(([key]) => !ownKeywords.has(key)).sort());
}
