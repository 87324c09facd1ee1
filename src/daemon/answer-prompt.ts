import { Failure } from "../base/failure.js";
import type { Logger } from "../base/logger.js";
import { acceptHostKey } from "../ssh/known-hosts-files.js";
import type { ManagedTunnel } from "./managed-tunnel.js";

/** Does what a person has agreed to, for the tunnel that asked and all that wait for the same. Throws `prompt-unknown` or `prompt-stale`. */
export async function answerPrompt(tunnels: readonly ManagedTunnel[], promptId: string, accept: boolean, log: Logger): Promise<void> {
  const asking = tunnels.find(({ prompt }) => prompt?.id === promptId);
  const prompt = asking?.prompt;
  if (!asking || !prompt) throw new Failure("prompt-unknown", "nothing is being asked with this id");
  if (!accept) return;
  if (prompt.kind === "port-owner") {
    await asking.ports.endAsked(prompt);
    return asking.runner.handle({ type: "cause-changed", reason: "cause-changed" });
  }
  if (prompt.keyBase64 === null) asking.runner.logins.acceptedHostKeys.add(prompt.fingerprint);
  else await acceptHostKey(prompt.knownHostsFile, prompt);
  log.info({ event: "host-key.accepted", host: prompt.hostPattern, fingerprint: prompt.fingerprint }, "host key accepted by a person");
  // One server may be behind several tunnels: all that waited for this key go on.
  for (const { runner } of tunnels) {
    if (runner.logins.unknownHostKey?.fingerprint === prompt.fingerprint) runner.handle({ type: "cause-changed", reason: "cause-changed" });
  }
}
