import { createHash } from "node:crypto";
import type { TunnelRunner } from "../tunnel/runner.js";
import type { PromptStatus } from "../tunnel/status.js";

/**
 * The question that a held tunnel has for a person, if it has one. Its id covers the very key, so an answer given to one key
 * can never accept another that the server shows later.
 */
export function promptOf({ spec, state, unknownHostKey }: TunnelRunner): PromptStatus | null {
  const knownHostsFile = spec.login.knownHosts[0];
  if (state.phase !== "held" || unknownHostKey === undefined || knownHostsFile === undefined) return null;
  const id = createHash("sha256")
    .update(JSON.stringify([spec.name, unknownHostKey, knownHostsFile]))
    .digest("hex")
    .slice(0, 16);
  return { id, kind: "host-key", ...unknownHostKey, knownHostsFile };
}
