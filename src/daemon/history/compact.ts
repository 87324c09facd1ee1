import type { OutageRecord } from "../../api/history.js";
import { checkpointOf, type KeptRecord } from "./checkpoint.js";
import { encodeRecord } from "./codec.js";

/** What neither outages nor uptimes need. */
const passing: ReadonlySet<KeptRecord["type"]> = new Set(["health", "renewal", "prompt"]);

/**
 * Pure: the records without what neither outages nor uptimes need, in their order: health, renewals, prompts, and the tries of a tunnel
 * that was down. A tunnel that is offline for a night tries a thousand times, and must not push a month out of the file.
 */
export function compact(records: readonly KeptRecord[]): KeptRecord[] {
  const dropped = new Set<number>();
  /** Of each tunnel, where its changes of state stand since it last stood or was stopped. */
  const runs = new Map<string, number[]>();
  const thinOut = (run: readonly number[]) => {
    for (const index of run.slice(1, -1)) dropped.add(index);
  };
  records.forEach((record, index) => {
    if (passing.has(record.type) || (record.type === "checkpoint" && index > 0)) dropped.add(index);
    if (record.type === "daemon-started" || record.type === "daemon-stopped") {
      // Whatever a tunnel did before, it begins anew.
      for (const run of runs.values()) thinOut(run);
      runs.clear();
    }
    if (record.type === "outage") {
      // Its own record says all that the changes from its start to its end said; those before it tell of another time.
      const run = runs.get(record.tunnel) ?? [];
      const isCovered = record.durationMs > 0 && run.every((covered) => isWithin(records[covered], record));
      if (isCovered) for (const covered of run) dropped.add(covered);
      else thinOut(run);
      runs.delete(record.tunnel);
    }
    if (record.type !== "state") return;
    const run = runs.get(record.tunnel) ?? [];
    const hasEnded = isEnd(records[run.at(-1) ?? -1]);
    if (hasEnded) thinOut(run);
    if (run.length === 0 || hasEnded) runs.set(record.tunnel, [index]);
    else run.push(index);
  });
  for (const run of runs.values()) thinOut(run);
  return records.filter((_, index) => !dropped.has(index));
}

/** Pure: the last records that have no more than `maxBytes` as lines, and before them how the tunnels stood then. */
export function keepLast(records: readonly KeptRecord[], maxBytes: number): KeptRecord[] {
  let first = records.length;
  let bytes = 0;
  for (; first > 0; first -= 1) {
    const record = records[first - 1];
    bytes += record === undefined ? 0 : Buffer.byteLength(encodeRecord(record));
    if (bytes > maxBytes) break;
  }
  const kept = records.slice(first);
  const before = kept[0];
  if (first === 0 || before === undefined) return kept;
  return [checkpointOf(records.slice(0, first), Date.parse(before.at)), ...kept];
}

function isEnd(record: KeptRecord | undefined): boolean {
  return record?.type === "state" && (record.to === "up" || record.to === "stopped");
}

/** Both times are ISO 8601 in UTC, which sort as texts. */
function isWithin(record: KeptRecord | undefined, { startedAt, endedAt }: OutageRecord): boolean {
  return record !== undefined && startedAt <= record.at && record.at <= endedAt;
}
