import { createHash } from "node:crypto";
import type { TunnelRunner } from "../tunnel/runner.js";
import type { HostKeyPrompt } from "../tunnel/status.js";

/**
 * The host key that a held tunnel shows a person, if it has one. Its id covers the very key, so an answer given to one key
 * can never accept another that the server shows later.
 */
export function hostKeyPromptOf({ spec, state, unknownHostKey }: TunnelRunner): HostKeyPrompt | null {
  const knownHostsFile = spec.login.knownHosts[0];
  const isAsked = state.phase === "held" && state.failure.code === "host-key-unknown";
  if (!isAsked || unknownHostKey === undefined || knownHostsFile === undefined) return null;
  const id = createHash("sha256")
    .update(JSON.stringify([spec.name, unknownHostKey, knownHostsFile]))
    .digest("hex")
    .slice(0, 16);
  return { id, kind: "host-key", ...unknownHostKey, knownHostsFile };
}
