import type { GatewayConfig } from "../config/gateway-config.js";
import { type AddressScope, scopeOf } from "../server/address-scope.js";
import type { ServerListener } from "../server/listeners.js";
import type { AuditFacts } from "./facts.js";

/** What may be said of a bind, as it is written: who could reach it. Undefined: it depends on what the gateway finds. */
export function scopeOfBind(bind: string | null, config: Pick<GatewayConfig, "customBindHost">, isContainer: boolean): AddressScope {
  switch (bind) {
    case "loopback":
    case "localhost":
      return "loopback";
    case "lan":
      return "every";
    case "tailnet":
      return "tailnet";
    case "custom":
      return scopeOf(config.customBindHost ?? "0.0.0.0");
    case null:
    case "auto":
      return isContainer ? "every" : "loopback";
    default:
      return scopeOf(bind);
  }
}

/** What the next start of the gateway would make of its configuration; undefined where that could not be read. */
export function configuredScope({ config, process }: AuditFacts): AddressScope | undefined {
  if (config === undefined || !("seen" in config)) return undefined;
  const bind = process?.bindFlag ?? config.seen.bind;
  const isForced = config.seen.tailscaleMode === "serve" || config.seen.tailscaleMode === "funnel";
  return isForced ? "loopback" : scopeOfBind(bind, config.seen, process?.isServerContainer ?? false);
}

/** Why the gateway listens where it does: the flag that starts it counts for more than its file. */
export function explainBind({ config, process }: AuditFacts): string[] {
  const flag = process?.bindFlag ?? null;
  const variable = process?.bindEnv ?? null;
  const lines: string[] = [];
  if (flag !== null) lines.push(`it is started with --bind ${flag}, which counts for more than its file`);
  if (variable !== null) lines.push(`OPENCLAW_GATEWAY_BIND=${variable} in its environment`);
  if (config !== undefined && "seen" in config) {
    const { bind, bindFile, customBindHost } = config.seen;
    const where = bind === "custom" && customBindHost !== null ? ` (customBindHost ${customBindHost})` : "";
    if (bind !== null) lines.push(`${bindFile}: gateway.bind is "${bind}"${where}`);
    else if (process?.isServerContainer === true) lines.push(`${bindFile}: gateway.bind is not set, which in a container is every address`);
    else lines.push(`${bindFile}: gateway.bind is not set`);
  }
  return lines;
}

/** Whose it is, in a few words; none where the account may not see that. */
export function describeOwner({ pid, command, user }: ServerListener): string[] {
  if (pid === null) return [];
  return [`pid ${pid}${command === null ? "" : ` (${command})`}${user === null ? "" : `, user ${user}`}`];
}

/** What the other ways of looking say of a port: whether it answered from here, and what ufw has of it. */
export function besides({ reach, server }: AuditFacts, port: number): string[] {
  const dialled = "seen" in reach ? reach.seen.filter((reached) => reached.port === port && reached.answer === "nothing") : [];
  const [state, ...rules] = server?.ufw ?? [];
  const isActive = state === "Status: active";
  return [
    ...dialled.map(({ address, detail }) => `from here, ${address} port ${port}: ${detail}; a firewall may be all that is between`),
    ...(state === undefined ? [] : [`ufw: ${state}`]),
    ...(isActive ? rules.filter((rule) => new RegExp(`^${port}\\b`).test(rule)).map((rule) => `ufw: ${rule}`) : []),
  ];
}
