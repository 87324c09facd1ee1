import { chmodSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { dirname } from "node:path";
import { makePrivateFolder } from "../base/files.js";
import { checkEndpoint } from "../config/paths.js";

/**
 * Listens on the control endpoint: a unix socket, 0600 in a 0700 folder, or a named pipe. A socket file left by a crash is
 * replaced; the caller holds the daemon's lock, so it belongs to nobody. Throws `socket-path-too-long`, `folder-unusable`.
 */
export async function listenOnEndpoint(server: Server, endpoint: string): Promise<void> {
  const isPipe = process.platform === "win32";
  if (!isPipe) {
    checkEndpoint(endpoint);
    makePrivateFolder(dirname(endpoint));
    rmSync(endpoint, { force: true });
  }
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(endpoint, resolve);
  });
  if (!isPipe) chmodSync(endpoint, 0o600);
}
