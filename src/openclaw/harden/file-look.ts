import { askServer, type Said } from "./ask-server.js";
import { type Journal, parseJournal } from "./journal.js";
import { lookScript } from "./scripts.js";
import type { HardenWorld } from "./world.js";

/** The gateway's file as it is now, and what stands beside it. */
export interface FileLook {
  /** With links followed. */
  readonly file: string;
  readonly exists: boolean;
  /** The file and its folder. */
  readonly isWritable: boolean;
  /** Whether a file in its place would have the same owner. */
  readonly keepsOwner: boolean;
  /** Whether the server can take a file in base64. */
  readonly hasBase64: boolean;
  /** The account of the log-in. */
  readonly user: string;
  /** SHA-256 in hex; null for a file that cannot be read. */
  readonly sum: string | null;
  /** Null for one that cannot be read, or is not UTF-8. */
  readonly text: string | null;
  /** The server's clock, for names: `20261121T214503Z`. */
  readonly stamp: string;
  readonly lock: Lock | null;
}

/** What an earlier hardening has left, or one that is under way. */
export interface Lock {
  /** Empty when it died before it said whose it is. */
  readonly id: string;
  readonly by: string;
  /** Since the last sign of life. */
  readonly silentMs: number;
  /** Null when nothing was changed yet. */
  readonly journal: Journal | null;
}

export async function lookAtFile(world: HardenWorld, file: string, signal: AbortSignal): Promise<FileLook> {
  const said = await askServer(world, lookScript(file), signal);
  const bytes = said.has("content") ? Buffer.from(said.get("content") ?? "", "base64") : null;
  const text = bytes?.toString("utf8") ?? null;
  return {
    file: said.get("file") ?? file,
    exists: said.has("exists"),
    isWritable: said.has("writable"),
    keepsOwner: said.has("keepable"),
    hasBase64: said.has("base64"),
    user: said.get("user") ?? "",
    sum: said.get("sum") || null,
    text: text !== null && bytes?.equals(Buffer.from(text, "utf8")) === true ? text : null,
    stamp: said.get("stamp") ?? "",
    lock: said.has("lock") ? readLock(said) : null,
  };
}

function readLock(said: Said): Lock {
  const [id = "", by = ""] = (said.get("owner") ?? "").split(" ");
  const silentSeconds = Number(said.get("epoch")) - Number(said.get("beat") ?? 0);
  const journal = parseJournal(fromBase64(said.get("journal") ?? "")) ?? null;
  // Another account's must not make this one run anything.
  const isOwn = said.has("own-journal");
  return {
    id,
    by: fromBase64(by),
    silentMs: silentSeconds * 1000,
    journal: isOwn || journal === null ? journal : { ...journal, restart: null },
  };
}

function fromBase64(text: string): string {
  return Buffer.from(text, "base64").toString("utf8");
}
