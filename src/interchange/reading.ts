import type { TunnelEntry } from "../config/schema.js";

/** A word or a setting that stands in the source and not in the entry that was made of it. */
export interface LeftOut {
  readonly what: string;
  readonly why: string;
  /** Whether clawtunnel does the same without being told; else something of the source is lost. */
  readonly isNeedless: boolean;
}

/** One tunnel of the source, as an entry of our config. Nothing of it has been checked but that it could be read. */
export interface FoundTunnel {
  /** What the source calls it, or its host; it need not be a name that our config takes. */
  readonly name: string;
  /** Where it stands, for people: `Host box`, `line 3`. */
  readonly source: string;
  readonly entry: TunnelEntry;
  readonly leftOut: readonly LeftOut[];
}

/** All that was understood of a source, and all that was not. */
export interface Reading {
  readonly tunnels: readonly FoundTunnel[];
  /** What belongs to no tunnel of it, or stands where a tunnel could not be read. */
  readonly leftOut: readonly LeftOut[];
}

export function needless(what: string, why: string): LeftOut {
  return { what, why, isNeedless: true };
}

export function lost(what: string, why: string): LeftOut {
  return { what, why, isNeedless: false };
}

/** Texts of strangers, short enough for a line. */
export function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
