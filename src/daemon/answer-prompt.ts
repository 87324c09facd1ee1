import type { PromptAnswer } from "../api/contract.js";
import { Failure } from "../base/failure.js";
import type { Logger } from "../base/logger.js";
import { acceptHostKey } from "../ssh/host-keys/known-hosts-files.js";
import { acceptanceOf } from "../ssh/session.js";
import type { HostKeyPrompt, PortOwnerPrompt } from "../tunnel/status.js";
import type { ManagedTunnel } from "./managed-tunnel.js";
import type { PeopleContext } from "./people/tunnel-people.js";

interface AnswerContext {
  readonly people: PeopleContext;
  readonly log: Logger;
}

const answerMaxLength = 4_096;

/** By hand, and with one sentence for all that may be wrong: a schema's complaints quote what they are given, and this is a secret. */
export function readPromptAnswer(body: unknown): PromptAnswer {
  const { answer, accept, attended, ...others } = Object(body) as Record<string, unknown>;
  if (Object.keys(others).length === 0) {
    const isText = typeof answer === "string" && answer.length <= answerMaxLength && !/[\r\n\0]/.test(answer);
    if (isText && accept === undefined && attended === undefined) return { answer };
    const isAttendedRight = attended === undefined || typeof attended === "boolean";
    if (typeof accept === "boolean" && answer === undefined && isAttendedRight) return { accept, attended: attended === true };
  }
  throw new Failure("request-invalid", 'the body is not right: it is { "answer": "one line of text" } or { "accept": true }');
}

/** Does what a person has agreed to or answered, for the tunnel that asked and all that wait for the same. Rejects with `prompt-unknown`, `prompt-stale` or `request-invalid`. */
export async function answerPrompt(
  tunnels: readonly ManagedTunnel[],
  promptId: string,
  answer: PromptAnswer,
  { people, log }: AnswerContext,
): Promise<void> {
  const asking = tunnels.find(({ prompt }) => prompt?.id === promptId);
  const prompt = asking?.prompt;
  if (!asking || !prompt) throw new Failure("prompt-unknown", "nothing is being asked with this id");
  switch (prompt.kind) {
    case "secret":
      if ("answer" in answer) return people.desk.answer(promptId, answer.answer);
      if (!answer.accept) return people.desk.refuse(promptId);
      throw new Failure("request-invalid", "this prompt wants an answer");
    case "notice":
      throw new Failure("request-invalid", "this prompt only tells what is to be done; there is nothing to answer");
    case "port-owner":
    case "host-key":
      if ("answer" in answer) throw new Failure("request-invalid", "this prompt is accepted or not");
      if (!answer.accept) return;
      if (prompt.kind === "port-owner") return endOwner(asking, prompt, answer.attended === true);
      return acceptKey(tunnels, asking, prompt, answer.attended === true, log);
  }
}

async function endOwner(asking: ManagedTunnel, prompt: PortOwnerPrompt, isAttended: boolean): Promise<void> {
  await asking.ports.endAsked(prompt);
  asking.handle({ type: "cause-changed", reason: "cause-changed" }, isAttended);
}

async function acceptKey(
  tunnels: readonly ManagedTunnel[],
  asking: ManagedTunnel,
  prompt: HostKeyPrompt,
  isAttended: boolean,
  log: Logger,
): Promise<void> {
  const { keyBase64, hostPattern, fingerprint } = prompt;
  // One server may be behind several tunnels: all that waited for this key go on.
  const waiting = tunnels.filter(({ runner }) => {
    const shown = runner.logins.unknownHostKey;
    return shown?.fingerprint === fingerprint && shown.hostPattern === hostPattern;
  });
  if (keyBase64 !== null) await acceptHostKey(prompt.knownHostsFile, prompt);
  else for (const { runner } of waiting) runner.logins.acceptedHostKeys.add(acceptanceOf(prompt));
  log.info({ event: "host-key.accepted", host: hostPattern, fingerprint }, "host key accepted by a person");
  for (const managed of waiting) managed.handle({ type: "cause-changed", reason: "cause-changed" }, isAttended && managed === asking);
}
