import { mkdirSync, watch } from "node:fs";
import { basename, dirname } from "node:path";

/** Editors write in several steps; the last one counts. */
const settleMs = 100;

/**
 * Calls `onChange` when the file was written, replaced, created or removed. Watches the folder, because editors and atomic
 * writers put a new file in the old one's place and a watch on the file itself would go on looking at the old one.
 */
export function watchConfigFile(path: string, onChange: () => void): () => void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(folder, { persistent: false }, (_event, changed) => {
    if (changed !== null && changed !== basename(path)) return;
    clearTimeout(timer);
    timer = setTimeout(onChange, settleMs);
  });
  // A removed or unmounted folder ends the watch; the running config stays as it is.
  watcher.on("error", () => watcher.close());
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}
