import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { TunnelChange } from "../api/contract.js";
import type { HistoryRecord } from "../api/history.js";
import type { ApiReply } from "../api/server.js";
import { onAbort } from "../base/abort.js";
import { isoTime } from "../base/clock.js";
import { Failure } from "../base/failure.js";
import type { TunnelStatus } from "../tunnel/status.js";
import type { KeptRecord } from "./history/checkpoint.js";
import type { History } from "./history/history.js";
import type { Supervisor } from "./supervisor.js";

/** What an event client may leave unread. */
const unreadMaxBytes = 1024 * 1024;
/** Records that may come while a client still reads the past ones. */
const waitingMax = 10_000;

/**
 * Server-sent events. `tunnel`: each tunnel as it is, then every change. For those who ask for them, `record`: the records of the
 * history `since` a time, then those to come. A comment every 15 s lets both ends notice a broken line.
 */
export function streamEvents(supervisor: Supervisor, history: History, query: URLSearchParams, signal: AbortSignal): ApiReply {
  const sinceMs = query.has("since") ? readSince(query.get("since") ?? "") : undefined;
  return {
    stream: async (response) => {
      // Before a word is said: when it cannot be read, that is the answer. And in one turn with the subscription, so that none is missed.
      const past = sinceMs === undefined ? [] : readPast(history, sinceMs);
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      response.write(": hello\n\n");
      const sendTunnel = (tunnel: TunnelStatus) => send(response, "tunnel", { at: isoTime(Date.now()), tunnel } satisfies TunnelChange);
      supervisor.report().forEach(sendTunnel);
      const unsubscribe = supervisor.onChange(sendTunnel);
      const beat = setInterval(() => response.write(": still here\n\n"), 15_000);
      onAbort(signal, () => {
        clearInterval(beat);
        unsubscribe();
      });
      if (sinceMs !== undefined || query.has("records")) await sendRecords(response, history, past, signal);
    },
  };
}

function readPast(history: History, sinceMs: number): KeptRecord[] {
  return history.read().filter(({ at, type }) => type !== "checkpoint" && Date.parse(at) >= sinceMs);
}

async function sendRecords(response: ServerResponse, history: History, past: readonly KeptRecord[], signal: AbortSignal): Promise<void> {
  let waiting: HistoryRecord[] | undefined = [];
  const unsubscribe = history.onRecord((record) => {
    if (waiting === undefined) return send(response, "record", record);
    if (waiting.push(record) > waitingMax) response.destroy();
  });
  onAbort(signal, unsubscribe);
  for (const record of past) {
    if (response.write(eventText("record", record))) continue;
    await once(response, "drain", { signal }).catch(() => {});
    if (signal.aborted) return;
  }
  for (const record of waiting) send(response, "record", record);
  waiting = undefined;
}

/** Who does not read is let go; a client that comes again is told everything anew. */
function send(response: ServerResponse, event: string, data: object): void {
  if (response.writableLength > unreadMaxBytes) return void response.destroy();
  response.write(eventText(event, data));
}

function eventText(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** ISO 8601, or milliseconds since 1970. */
function readSince(text: string): number {
  const sinceMs = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isNaN(sinceMs)) throw new Failure("request-invalid", `since must be a time in ISO 8601 or in milliseconds: ${text}`);
  return sinceMs;
}
