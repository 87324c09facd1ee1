import type { HistoryRecord } from "../../api/history.js";
import { isoTime } from "../../base/clock.js";
import type { TunnelPast } from "../../tunnel/outage.js";
import type { OutageStatus } from "../../tunnel/status.js";
import { replay } from "./replay.js";

/** How the tunnels stood when a file began: what went before it is in another file, or no more. Of no interest outside. */
export interface Checkpoint {
  readonly at: string;
  readonly type: "checkpoint";
  readonly tunnels: readonly StandingTunnel[];
}

export interface StandingTunnel {
  readonly name: string;
  readonly standing: "off" | "up" | "down";
  readonly lastOutage: OutageStatus | null;
  readonly openOutage: TunnelPast["openOutage"];
}

/** A line of the files. */
export type KeptRecord = HistoryRecord | Checkpoint;

/** A tunnel that is off is remembered for its last outage so long, and then not at all. */
const rememberedMs = 30 * 24 * 60 * 60 * 1000;

/** Pure: what `records` come to at a time after them. */
export function checkpointOf(records: readonly KeptRecord[], atMs: number): Checkpoint {
  const { tunnels } = replay(records, atMs, null);
  const standing = [...tunnels].map(([name, story]) => ({
    name,
    standing: story.standing,
    lastOutage: story.outages.at(-1) ?? null,
    openOutage: story.openOutage,
  }));
  const isOfUse = ({ standing, lastOutage }: StandingTunnel) =>
    standing !== "off" || (lastOutage !== null && Date.parse(lastOutage.endedAt) > atMs - rememberedMs);
  return { at: isoTime(atMs), type: "checkpoint", tunnels: standing.filter(isOfUse) };
}
