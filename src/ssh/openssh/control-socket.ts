import { existsSync, watch } from "node:fs";
import { dirname } from "node:path";
import { onAbort } from "../../base/abort.js";
import { MuxClient } from "./mux-client.js";

/** Where nobody tells of changes in folders. */
const lookEveryMs = 250;

/** Waits until an ssh listens at its control socket, which it makes once it has logged in. Rejects only when `signal` aborts. */
export function waitForControlSocket(path: string, signal: AbortSignal): Promise<MuxClient> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    let isLooking = false;
    const look = async () => {
      if (isLooking || !existsSync(path)) return;
      isLooking = true;
      const mux = await MuxClient.connect(path).catch(() => undefined);
      isLooking = false;
      if (mux === undefined) return;
      if (signal.aborted) return mux.end();
      stop();
      resolve(mux);
    };
    const unwatch = watchFolder(dirname(path), look);
    const timer = setInterval(look, lookEveryMs);
    const forget = onAbort(signal, () => {
      stop();
      reject(signal.reason);
    });
    const stop = () => {
      unwatch();
      clearInterval(timer);
      forget();
    };
    void look();
  });
}

/** Without a way to be told (too many are told already) looking now and then has to do. */
function watchFolder(path: string, onChange: () => void): () => void {
  try {
    const watcher = watch(path, onChange);
    // The folder goes when the ssh ends, and with it this wait.
    watcher.on("error", () => {});
    return () => watcher.close();
  } catch {
    return () => {};
  }
}
