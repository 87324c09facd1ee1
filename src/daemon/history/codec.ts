import type { KeptRecord } from "./checkpoint.js";

type FieldType = "string" | "number" | "time" | "time or null" | "list";

/** What a record must hold to be read; the rest is for people. A list, because every line of a long history is held against it. */
const fieldsOf: Readonly<Record<KeptRecord["type"], readonly (readonly [name: string, type: FieldType])[]>> = {
  "daemon-started": [["lastAliveAt", "time or null"]],
  "daemon-stopped": [],
  "daemon-away": [["lengthMs", "number"]],
  state: [
    ["tunnel", "string"],
    ["from", "string"],
    ["to", "string"],
    ["reason", "string"],
  ],
  health: [["tunnel", "string"]],
  renewal: [["tunnel", "string"]],
  checkpoint: [["tunnels", "list"]],
  outage: [
    ["tunnel", "string"],
    ["startedAt", "time"],
    ["endedAt", "time"],
    ["durationMs", "number"],
    ["cause", "string"],
    ["noticedBy", "string"],
  ],
};

export function encodeRecord(record: KeptRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** The record in a line, or undefined for one that is damaged, or of a kind that this version does not know. */
export function decodeLine(line: string): KeptRecord | undefined {
  const value = parseObject(line);
  if (value === undefined || !isOfType(value.at, "time") || typeof value.type !== "string") return undefined;
  if (!Object.hasOwn(fieldsOf, value.type)) return undefined;
  for (const [name, type] of fieldsOf[value.type as KeptRecord["type"]]) if (!isOfType(value[name], type)) return undefined;
  return value as unknown as KeptRecord;
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

function isOfType(value: unknown, type: FieldType): boolean {
  switch (type) {
    case "string":
      return typeof value === "string";
    case "number":
      return Number.isFinite(value);
    case "time":
      return typeof value === "string" && !Number.isNaN(Date.parse(value));
    case "time or null":
      return value === null || isOfType(value, "time");
    case "list":
      return Array.isArray(value);
  }
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
