import { apiVersion } from "../../api/contract.js";
import type { HistoryReport, TunnelHistory } from "../../api/history.js";
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
  if (tunnel === undefined) {
    const gone = recorded.filter((summary) => !existing.includes(summary.name) && wasWanted(summary));
    return { apiVersion, since, tunnels: [...existing.map(summaryOf), ...gone] };
  }
  if (!existing.includes(tunnel) && !recorded.some(({ name }) => name === tunnel)) {
    throw new Failure("tunnel-unknown", `there is no tunnel named "${tunnel}", and no record of one`);
  }
  return { apiVersion, since, tunnels: [summaryOf(tunnel)] };
}

function wasWanted({ wantedMs }: TunnelHistory): boolean {
  return wantedMs.month > 0;
}
