import type { HealthRecord, HistoryRecord, OutageRecord, PromptRecord, RenewalRecord, StateRecord } from "../../api/history.js";
import { isoTime } from "../../base/clock.js";
import { promptHint } from "../../tunnel/prompt-hint.js";
import type { TunnelStatus } from "../../tunnel/status.js";

/** What of a tunnel's status the history follows. */
export type Snapshot = Pick<TunnelStatus, "phase" | "reason" | "health" | "renewal" | "lastOutage" | "prompt">;

/** Of a tunnel that was not there before. */
export const beforeAll: Snapshot = { phase: "stopped", reason: "new", health: "unknown", renewal: null, lastOutage: null, prompt: null };

/** What a failure says may come from a server. */
const messageMaxLength = 300;

/** Pure: the records of one change, in the order in which they are to be read. Nothing that they tell of may have changed. */
export function recordsOf(before: Snapshot, after: TunnelStatus, nowMs: number): HistoryRecord[] {
  return [
    stateChange(before, after, nowMs),
    renewalEnd(before, after, nowMs),
    outageEnd(before, after),
    healthChange(before, after, nowMs),
    newPrompt(before, after, nowMs),
  ].filter((record) => record !== undefined);
}

function stateChange(before: Snapshot, after: TunnelStatus, nowMs: number): StateRecord | undefined {
  if (before.phase === after.phase && before.reason === after.reason) return undefined;
  const { name, phase, reason, since } = after;
  const message = phase === "up" ? null : messageOf(after);
  const at = before.phase === phase ? isoTime(nowMs) : since;
  return { at, type: "state", tunnel: name, from: before.phase, to: phase, reason, message };
}

function renewalEnd(before: Snapshot, after: TunnelStatus, nowMs: number): RenewalRecord | undefined {
  if (before.renewal === null || before.renewal.failure !== null || after.phase !== "up") return undefined;
  const { reason } = before.renewal;
  const failure = after.renewal?.failure ?? null;
  // A doubt that ends without a new session is told by the state's reason.
  if (after.renewal !== null ? failure === null : reason === "peer-doubted") return undefined;
  const message = failure === null ? null : failure.message.slice(0, messageMaxLength);
  return { at: isoTime(nowMs), type: "renewal", tunnel: after.name, reason, outcome: failure === null ? "renewed" : "failed", message };
}

function outageEnd(before: Snapshot, { name, lastOutage }: TunnelStatus): OutageRecord | undefined {
  if (lastOutage === null) return undefined;
  if (before.lastOutage?.startedAt === lastOutage.startedAt && before.lastOutage.endedAt === lastOutage.endedAt) return undefined;
  return { at: lastOutage.endedAt, type: "outage", tunnel: name, ...lastOutage };
}

function healthChange(before: Snapshot, after: TunnelStatus, nowMs: number): HealthRecord | undefined {
  const from = before.phase === "up" ? before.health : "unknown";
  if (after.phase !== "up" || after.health === from) return undefined;
  const at = isoTime(nowMs);
  const reason = after.failure?.code ?? null;
  return { at, type: "health", tunnel: after.name, from, to: after.health, reason, message: messageOf(after) };
}

/** What a held tunnel asks is told by its state already. */
function newPrompt(before: Snapshot, { name, prompt }: TunnelStatus, nowMs: number): PromptRecord | undefined {
  if (prompt === null || prompt.id === before.prompt?.id || (prompt.kind !== "secret" && prompt.kind !== "notice")) return undefined;
  const { id, kind, text } = prompt;
  return {
    at: isoTime(nowMs),
    type: "prompt",
    tunnel: name,
    id,
    kind,
    text: text.slice(0, messageMaxLength),
    hint: promptHint(name, prompt),
  };
}

function messageOf({ failure }: TunnelStatus): string | null {
  return failure === null ? null : failure.message.slice(0, messageMaxLength);
}
