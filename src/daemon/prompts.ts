import { createHash } from "node:crypto";
import type { TunnelRunner } from "../tunnel/runner.js";
import type { HostKeyPrompt } from "../tunnel/status.js";
import { asksForHostKey } from "../tunnel/targets/no-target.js";

/** Covers all that a question is about, so that an answer to it can never be taken for one to another. */
export function promptId(...subject: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(subject)).digest("hex").slice(0, 16);
}

/**
 * The host key that a tunnel without a session shows a person, if it has one. Its id covers the very key, so an answer given to one key
 * can never accept another that the server shows later.
 */
export function hostKeyPromptOf({ spec, state, logins: { unknownHostKey } }: TunnelRunner): HostKeyPrompt | null {
  const isAsked = (state.phase === "held" || state.phase === "waiting") && asksForHostKey(state.failure);
  if (!isAsked || unknownHostKey === undefined) return null;
  return { id: promptId(spec.name, unknownHostKey), kind: "host-key", ...unknownHostKey };
}
