import type { PromptAnswer } from "../api/contract.js";
import { Failure } from "../base/failure.js";
import type { PromptStatus, TunnelStatus } from "../tunnel/status.js";
import { askHostKey } from "./ask-host-key.js";
import { askPortOwner } from "./ask-port-owner.js";
import { askSecret } from "./ask-secret.js";
import type { CliContext } from "./define-command.js";
import { followTunnels, isSettled } from "./follow.js";

/**
 * Waits until every tunnel is done, for `timeoutMs` at most. In a terminal a person is asked what only a person can answer, and
 * may take their time: the wait begins anew after it.
 */
export async function waitWithPerson(
  context: CliContext,
  names: readonly string[],
  timeoutMs: number,
  isDone: (tunnel: TunnelStatus) => boolean = isSettled,
): Promise<TunnelStatus[]> {
  const { output } = context;
  const asked = new Set<string>();
  const isOpen = ({ prompt }: TunnelStatus) => output.isInteractive && prompt !== null && prompt.kind !== "notice" && !asked.has(prompt.id);
  let lastTalk = "";
  for (;;) {
    const tunnels = await followTunnels(context, names, timeoutMs, isDone, (tunnel) => {
      const talk = talkOf(tunnel);
      if (talk !== "" && talk !== lastTalk) output.talk(talk);
      lastTalk = talk || lastTalk;
      return isOpen(tunnel);
    });
    const asking = tunnels.find(isOpen);
    if (!asking?.prompt) return tunnels;
    asked.add(asking.prompt.id);
    await answerInPerson(context, asking.name, asking.prompt);
  }
}

/** What a person may want to know while they wait. */
function talkOf({ name, phase, failure, prompt }: TunnelStatus): string {
  if (prompt?.kind === "notice") return `${name}: ${prompt.text}`;
  return phase === "waiting" ? `${name}: ${failure?.message}; trying again` : "";
}

async function answerInPerson(context: CliContext, tunnel: string, prompt: PromptStatus): Promise<void> {
  const answer = await ask(context, tunnel, prompt);
  if (answer === undefined) return;
  try {
    await context.daemon.answerPrompt(prompt.id, answer);
  } catch (error) {
    // Somebody else was faster, or the log-in has come to its end meanwhile: what is so now is told next.
    if (prompt.kind !== "secret" || !(error instanceof Failure) || error.code !== "prompt-unknown") throw error;
  }
}

async function ask(context: CliContext, tunnel: string, prompt: PromptStatus): Promise<PromptAnswer | undefined> {
  switch (prompt.kind) {
    case "secret":
      return askSecret(context, tunnel, prompt);
    case "host-key":
      return (await askHostKey(context, prompt)) ? agreed : undefined;
    case "port-owner":
      return (await askPortOwner(context, prompt)) ? agreed : undefined;
    case "notice":
      return undefined;
  }
}

const agreed: PromptAnswer = { accept: true, attended: true };
