import type { NoticedBy } from "../../tunnel/noticed-by.js";
import type { KeptRecord, StandingTunnel } from "./checkpoint.js";

/** What must be there to be read, and how it must look; the rest is for people. A list, because every line of a long history is held against it. */
type Shape = readonly (readonly [field: string, isRight: (value: unknown) => boolean])[];

const outageShape: Shape = [
  ["startedAt", isTime],
  ["endedAt", isTime],
  ["durationMs", Number.isFinite],
  ["cause", isString],
  ["noticedBy", isString],
];

const openOutageShape: Shape = [
  ["startedMs", isMoment],
  ["cause", isString],
  ["noticedBy", isString],
];

const standingShape: Shape = [
  ["name", isString],
  ["standing", (value) => value === "off" || value === "up" || value === "down"],
  ["lastOutage", (value) => value === null || hasShape(value, outageShape)],
  ["openOutage", (value) => value === null || hasShape(value, openOutageShape)],
];

const shapes: Readonly<Record<KeptRecord["type"], Shape>> = {
  "daemon-started": [["lastAliveAt", (value) => value === null || isTime(value)]],
  "daemon-stopped": [],
  "daemon-away": [["lengthMs", Number.isFinite]],
  state: [
    ["tunnel", isString],
    ["from", isString],
    ["to", isString],
    ["reason", isString],
  ],
  health: [["tunnel", isString]],
  renewal: [["tunnel", isString]],
  prompt: [["tunnel", isString]],
  audit: [["tunnel", isString]],
  checkpoint: [["tunnels", Array.isArray]],
  outage: [["tunnel", isString], ...outageShape],
};

const noticedByWords: Readonly<Record<NoticedBy, true>> = {
  socket: true,
  keepalive: true,
  probe: true,
  health: true,
  "daemon-start": true,
};

export function encodeRecord(record: KeptRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** The record in a line, or undefined for one that is damaged, or of a kind that this version does not know. */
export function decodeLine(line: string): KeptRecord | undefined {
  const value = parseObject(line);
  if (value === undefined || !isTime(value.at) || typeof value.type !== "string" || !Object.hasOwn(shapes, value.type)) return undefined;
  if (!hasShape(value, shapes[value.type as KeptRecord["type"]])) return undefined;
  const record = value as unknown as KeptRecord;
  switch (record.type) {
    case "outage":
      return withKnownWord(record);
    case "checkpoint":
      return { ...record, tunnels: record.tunnels.filter((tunnel) => hasShape(tunnel, standingShape)).map(withKnownWords) };
    default:
      return record;
  }
}

/** What a crash left at the end of a file: how many bytes of it are whole lines, and whether only a newline is missing. */
export interface TailRepair {
  readonly keptBytes: number;
  readonly needsNewline: boolean;
}

/** Pure. Lines at the end that are not JSON are damage; those of an unknown kind are not. */
export function repairTail(tail: Buffer): TailRepair {
  const newline = 0x0a;
  let endBytes = tail.length;
  while (endBytes > 0) {
    const hasNewline = tail[endBytes - 1] === newline;
    const lineEnd = hasNewline ? endBytes - 1 : endBytes;
    const lineStart = lineEnd === 0 ? 0 : tail.lastIndexOf(newline, lineEnd - 1) + 1;
    if (parseObject(tail.toString("utf8", lineStart, lineEnd)) !== undefined) return { keptBytes: endBytes, needsNewline: !hasNewline };
    endBytes = lineStart;
  }
  return { keptBytes: 0, needsNewline: false };
}

function withKnownWords({ name, standing, lastOutage, openOutage }: StandingTunnel): StandingTunnel {
  return { name, standing, lastOutage: lastOutage && withKnownWord(lastOutage), openOutage: openOutage && withKnownWord(openOutage) };
}

/** A later version may notice in other ways. */
function withKnownWord<T extends { readonly noticedBy: NoticedBy }>(outage: T): T {
  return Object.hasOwn(noticedByWords, outage.noticedBy) ? outage : { ...outage, noticedBy: "socket" };
}

function hasShape(value: unknown, shape: Shape): boolean {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Record<string, unknown>;
  return shape.every(([field, isRight]) => isRight(fields[field]));
}

function isString(value: unknown): boolean {
  return typeof value === "string";
}

/** In UTC as isoTime writes it. Date.parse alone takes much else, with comments in it. */
function isTime(value: unknown): boolean {
  return typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value) && !Number.isNaN(Date.parse(value));
}

/** Milliseconds that a Date can hold. */
function isMoment(value: unknown): boolean {
  return typeof value === "number" && !Number.isNaN(new Date(value).getTime());
}

function parseObject(line: string): Record<string, unknown> | undefined {
  // Most damage is seen without an exception, which is slow.
  if (!line.startsWith("{") || !line.endsWith("}")) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
