import { Failure } from "../../base/failure.js";
import type { RemoteHost } from "../../ssh/session.js";

/** What the configuration of the gateway on the server says, as far as clawtunnel has a use for it. Flags of the process are not in it. */
export interface GatewayConfig {
  /** The file, with links followed; it need not exist. */
  readonly file: string;
  readonly exists: boolean;
  /** Every file that is a part of it by `$include`, itself first. */
  readonly files: readonly { readonly path: string; readonly mode: number; readonly owner: string }[];
  readonly port: number;
  readonly portFrom: "environment" | "file" | "profile" | "default";
  /** `gateway.bind` as it is written; null when it is not. */
  readonly bind: string | null;
  /** The file in which it is written, or would have to be. */
  readonly bindFile: string;
  readonly customBindHost: string | null;
  /** `none`, `token`, `password` or `trusted-proxy`; null when nothing is written. */
  readonly authMode: string | null;
  /** Whether a token or password stands in it, in plain text or as a reference. What it is stays on the server. */
  readonly hasSecret: boolean;
  /** `gateway.reload.mode`; null when nothing is written. */
  readonly reloadMode: string | null;
  /** Whether it has a second listener on port + 1 (mcp.apps.enabled). */
  readonly usesSandbox: boolean;
  readonly tailscaleMode: string | null;
}

/**
 * Finds and reads the gateway's configuration on the server, as the account of the log-in, with one command: OPENCLAW_CONFIG_PATH,
 * OPENCLAW_STATE_DIR, OPENCLAW_HOME, the profile's folder, the legacy one. Rejects with `exec-refused`,
 * `gateway-config-unreadable` or `gateway-config-invalid`. A file that is missing is no failure: everything is at its default then.
 */
export async function readGatewayConfig(_host: RemoteHost, profile: string | null, _signal: AbortSignal): Promise<GatewayConfig> {
  throw new Failure("internal", `not yet: ${profile}`);
}
