import { type FSWatcher, mkdirSync, realpathSync, watch } from "node:fs";
import { basename, dirname } from "node:path";

/** Editors write in several steps; the last one counts. */
const settleMs = 100;

/**
 * Calls `onChange` when the file was written, replaced, created or removed. Watches folders, because editors and atomic writers
 * put a new file in the old one's place and a watch on the file itself would go on looking at the old one; and the folder that
 * a symbolic link leads to as well. Where the system does not let us watch (no such folder, no more inotify watches),
 * `onUnwatched` is told, and edits are seen only by a new daemon.
 */
export function watchConfigFile(path: string, onChange: () => void, onUnwatched: (error: unknown) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const watchers: FSWatcher[] = [];
  const watchFolderOf = (file: string) => {
    const watcher = watch(dirname(file), { persistent: false }, (_event, changed) => {
      if (changed !== null && changed !== basename(file)) return;
      clearTimeout(timer);
      timer = setTimeout(onChange, settleMs);
    });
    // A removed or unmounted folder ends the watch; the running config stays as it is.
    watcher.on("error", () => watcher.close());
    watchers.push(watcher);
  };
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    new Set([path, realPath(path)]).forEach(watchFolderOf);
  } catch (error) {
    onUnwatched(error);
  }
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
