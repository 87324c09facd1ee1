import { apiVersion } from "../../api/contract.js";
import type { HistoryReport, SleepSpan, TunnelHistory } from "../../api/history.js";
import { isoTime } from "../../base/clock.js";
import { Failure } from "../../base/failure.js";
import type { KeptRecord } from "./checkpoint.js";
import { emptyHistory, type SummaryContext, summarize } from "./summary.js";

export interface HistoryQuestion extends SummaryContext {
  /** Only this tunnel, also when it is no more. */
  readonly tunnel: string | undefined;
  /** The names of the tunnels that there are now. */
  readonly existing: readonly string[];
}

/** The answer to `GET /v1/history`. Throws `tunnel-unknown` for a name that neither a tunnel nor a record has. */
export function reportHistory(records: readonly KeptRecord[], question: HistoryQuestion): HistoryReport {
  const { tunnel, existing } = question;
  const recorded = summarize(records, question);
  const summaryOf = (name: string) => recorded.find((summary) => summary.name === name) ?? emptyHistory(name);
  const since = records[0]?.at ?? null;
  const sleeps = sleepsOf(records, question.outagesMax);
  if (tunnel === undefined) {
    const gone = recorded.filter((summary) => !existing.includes(summary.name) && wasWanted(summary));
    return { apiVersion, since, tunnels: [...existing.map(summaryOf), ...gone], sleeps };
  }
  if (!existing.includes(tunnel) && !recorded.some(({ name }) => name === tunnel)) {
    throw new Failure("tunnel-unknown", `there is no tunnel named "${tunnel}", and no record of one`);
  }
  return { apiVersion, since, tunnels: [summaryOf(tunnel)], sleeps };
}

function sleepsOf(records: readonly KeptRecord[], countMax: number): SleepSpan[] {
  const suspends = records.flatMap((record) => (record.type === "daemon-away" && record.kind === "suspend" ? [record] : []));
  const last = suspends.slice(Math.max(0, suspends.length - countMax)).reverse();
  return last.map(({ at, lengthMs }) => ({ startedAt: isoTime(Date.parse(at) - lengthMs), endedAt: at }));
}

function wasWanted({ wantedMs }: TunnelHistory): boolean {
  return wantedMs.month > 0;
}
