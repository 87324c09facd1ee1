import type { LoginSpec } from "../../config/tunnel-spec.js";
import type { HostConfig } from "../host-config.js";
import { HostResolver } from "./host-resolver.js";

/** What this process has found out already is shared by all who ask. */
export const hostResolver = new HostResolver();

/** What a target means to this user's ssh. Rejects with `ssh-config-invalid` when ssh cannot tell. */
export async function resolveHost(login: LoginSpec, signal: AbortSignal): Promise<HostConfig> {
  return (await hostResolver.resolve(login, signal)).host;
}
