import type { OutageRecord, StateRecord } from "../../api/history.js";
import { noticedBy } from "../../tunnel/noticed-by.js";
import type { TunnelPast } from "../../tunnel/outage.js";
import type { OutageStatus } from "../../tunnel/status.js";
import type { Checkpoint, KeptRecord } from "./checkpoint.js";
import type { Span } from "./spans.js";

export type Standing = "off" | "up" | "down";

/** What the records say of one tunnel. Spans are as they were written: in no order, and twice where a clock was set back. */
export interface Story {
  /** When it was wanted: not stopped, and the daemon not asked to end. A daemon that died was wanted all the same. */
  readonly wanted: readonly Span[];
  /** When it was wanted and no session stood. */
  readonly down: readonly Span[];
  /** Oldest first. */
  readonly outages: readonly OutageStatus[];
  readonly openOutage: TunnelPast["openOutage"];
  /** At the end. */
  readonly standing: Standing;
}

export interface Stories {
  readonly tunnels: ReadonlyMap<string, Story>;
  /** When the machine slept. */
  readonly away: readonly Span[];
}

interface Draft {
  standing: Standing;
  sinceMs: number;
  /** Its daemon died, and no later one has said a word about it: it may not be wanted any more. */
  isOrphan: boolean;
  readonly wanted: Span[];
  readonly down: Span[];
  readonly outages: OutageStatus[];
  openOutage: TunnelPast["openOutage"];
}

/**
 * Pure: lives the records again, in their order, until `nowMs`. `diedAtMs` is when the daemon was last alive, when none runs
 * now; null for one that runs. An outage's own record counts though the changes of state around it are no longer kept.
 */
export function replay(records: readonly KeptRecord[], nowMs: number, diedAtMs: number | null): Stories {
  const drafts = new Map<string, Draft>();
  const away: Span[] = [];
  let isRunning = false;
  let lastMs = 0;
  for (const record of records) {
    const atMs = Date.parse(record.at);
    switch (record.type) {
      case "daemon-started":
        if (isRunning) die(drafts, record.lastAliveAt === null ? lastMs : Date.parse(record.lastAliveAt), true);
        break;
      case "daemon-stopped":
        for (const draft of drafts.values()) stop(draft, atMs);
        break;
      case "daemon-away":
        away.push({ fromMs: atMs - record.lengthMs, toMs: atMs });
        break;
      case "state":
        change(draftOf(drafts, record.tunnel), record, atMs);
        break;
      case "outage":
        recover(draftOf(drafts, record.tunnel), record);
        break;
      case "checkpoint":
        for (const tunnel of record.tunnels) if (!drafts.has(tunnel.name)) begin(draftOf(drafts, tunnel.name), tunnel, atMs);
        break;
      case "health":
      case "renewal":
      case "prompt":
        break;
    }
    isRunning = record.type !== "daemon-stopped";
    lastMs = atMs;
  }
  if (isRunning && diedAtMs !== null) die(drafts, Math.min(diedAtMs, nowMs), false);
  for (const draft of drafts.values()) {
    const { standing, isOrphan, openOutage } = draft;
    stop(draft, nowMs);
    if (!isOrphan) Object.assign(draft, { standing, openOutage });
  }
  return { tunnels: drafts, away };
}

function draftOf(drafts: Map<string, Draft>, name: string): Draft {
  const known = drafts.get(name);
  if (known !== undefined) return known;
  const draft: Draft = { standing: "off", sinceMs: 0, isOrphan: false, wanted: [], down: [], outages: [], openOutage: null };
  drafts.set(name, draft);
  return draft;
}

/** With what is known of a tunnel of which no record is kept. */
function begin(draft: Draft, { standing, lastOutage, openOutage }: Checkpoint["tunnels"][number], atMs: number): void {
  Object.assign(draft, { standing, sinceMs: atMs, openOutage });
  if (lastOutage !== null) draft.outages.push(lastOutage);
}

function move(draft: Draft, standing: Standing, atMs: number): void {
  const span = { fromMs: draft.sinceMs, toMs: atMs };
  if (draft.standing !== "off") draft.wanted.push(span);
  if (draft.standing === "down") draft.down.push(span);
  draft.standing = standing;
  draft.sinceMs = atMs;
}

function change(draft: Draft, { from, to, reason }: StateRecord, atMs: number): void {
  draft.isOrphan = false;
  switch (to) {
    case "stopped":
      stop(draft, atMs);
      return;
    case "up":
      draft.openOutage = null;
      move(draft, "up", atMs);
      return;
    case "waiting":
    case "held":
      if (from === "up") draft.openOutage = { startedMs: atMs, cause: reason, noticedBy: noticedBy({ code: reason }) };
      move(draft, "down", atMs);
      return;
    case "connecting":
      move(draft, "down", atMs);
      return;
  }
}

function recover(draft: Draft, { startedAt, endedAt, durationMs, cause, noticedBy }: OutageRecord): void {
  const span = { fromMs: Date.parse(startedAt), toMs: Date.parse(endedAt) };
  draft.isOrphan = false;
  if (draft.standing !== "up") move(draft, "up", span.toMs);
  draft.wanted.push(span);
  draft.down.push(span);
  draft.outages.push({ startedAt, endedAt, durationMs, cause, noticedBy });
  draft.openOutage = null;
}

/** On request: what is stopped is not down. */
function stop(draft: Draft, atMs: number): void {
  if (draft.isOrphan) draft.standing = "off";
  draft.isOrphan = false;
  draft.openOutage = null;
  move(draft, "off", atMs);
}

/** Without a word: what was wanted is down from then on, unless a later daemon's silence says that it `mayBeGone`. */
function die(drafts: ReadonlyMap<string, Draft>, atMs: number, mayBeGone: boolean): void {
  for (const draft of drafts.values()) {
    if (draft.standing === "off" || draft.isOrphan) continue;
    if (draft.standing === "up") draft.openOutage = { startedMs: atMs, cause: "daemon-died", noticedBy: "daemon-start" };
    move(draft, "down", atMs);
    draft.isOrphan = mayBeGone;
  }
}
