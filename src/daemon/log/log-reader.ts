import { watch } from "node:fs";
import { open, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { systemErrorCode } from "../../base/system-error.js";

/** More than this of the end of a log is never read at once. */
const tailMaxBytes = 1024 * 1024;

/** A filter for the lines of one tunnel, or for all of them. */
export function isLineOf(tunnel: string | undefined): (line: string) => boolean {
  return (line) => tunnel === undefined || line.includes(`"tunnel":${JSON.stringify(tunnel)}`);
}

/** The last `count` lines of the log that `isWanted`, oldest first. No log yet is no line. */
export async function readLastLines(path: string, count: number, isWanted: (line: string) => boolean): Promise<string[]> {
  const { text } = await readFrom(path, Math.max(0, (await sizeOf(path)) - tailMaxBytes));
  const wanted = text.split("\n").filter((line) => line !== "" && isWanted(line));
  return count === 0 ? [] : wanted.slice(-count);
}

/** Lines as they are appended, over rotations, until `signal` aborts. */
export async function* followLines(path: string, signal: AbortSignal): AsyncGenerator<string> {
  let position = await sizeOf(path);
  let rest = "";
  const changes = watchChanges(path, signal);
  for await (const _ of changes) {
    const size = await sizeOf(path);
    if (size < position) position = 0;
    const { text, end } = await readFrom(path, position);
    position = end;
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line !== "");
  }
}

async function* watchChanges(path: string, signal: AbortSignal): AsyncGenerator<void> {
  let wake: (() => void) | undefined;
  let isDirty = false;
  const watcher = watch(dirname(path), { persistent: false, signal }, (_event, changed) => {
    if (changed !== null && changed !== basename(path)) return;
    isDirty = true;
    wake?.();
  });
  const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  watcher.on("error", () => watcher.close());
  while (!signal.aborted) {
    if (!isDirty) await Promise.race([new Promise<void>((resolve) => (wake = resolve)), ended]);
    isDirty = false;
    if (!signal.aborted) yield;
  }
}

async function readFrom(path: string, position: number): Promise<{ text: string; end: number }> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return { text: "", end: position };
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.max(0, size - position));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    return { text: buffer.toString("utf8", 0, bytesRead), end: position + bytesRead };
  } finally {
    await file.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return 0;
    throw error;
  }
}
