import { asFailure } from "../../base/failure.js";
import type { GatewayPort } from "../../config/destination.js";
import { defaultGatewayPort } from "../../config/gateway-port.js";
import type { ResolveName } from "../../ssh/names/naming-session.js";
import type { RemoteHost, ResolvedName } from "../../ssh/session.js";

/** Where a name of the config leads on this server. Few tunnels have one: what asks is loaded when it is first needed. */
export const resolveName: ResolveName = async (name, host, signal) => {
  if ("profile" in name) return findGateway(name, host, signal);
  const { findContainer } = await import("../../ssh/names/container.js");
  return findContainer(name, host, signal);
};

/** The gateway listens at the port that its own configuration says; where that cannot be read, most likely at the default one. */
async function findGateway({ profile }: GatewayPort, host: RemoteHost, signal: AbortSignal): Promise<ResolvedName> {
  const { readGatewayConfig } = await import("../../openclaw/config/gateway-config.js");
  try {
    const { port, exists, file } = await readGatewayConfig(host, profile, signal);
    return found(port, exists ? null : `there is no ${file} on the server`);
  } catch (error) {
    const { code, message } = asFailure(error);
    if (signal.aborted || code === "session-gone") throw error;
    return found(defaultGatewayPort(profile), message);
  }
}

function found(port: number, whyDefault: string | null): ResolvedName {
  const warning = whyDefault === null ? null : `the gateway's port is not known (${whyDefault}); ${port} is its default`;
  return { endpoint: { host: "127.0.0.1", port }, warning };
}
