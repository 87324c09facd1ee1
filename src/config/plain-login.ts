import type { Target } from "./target.js";
import type { LoginSpec } from "./tunnel-spec.js";

/** A log-in of which only the target is said: all else is for ssh_config, the user's own or `configFile`, to say. */
export function plainLogin(target: Target, configFile: string | null = null): LoginSpec {
  return { target, engine: "auto", configFile, jump: [], identities: [], options: [], connectTimeoutMs: null, usesKeyring: false };
}
