import { chmodSync, existsSync, rmSync } from "node:fs";
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

/** The control API at its endpoint, which others may remove: logind does so with a runtime folder when the last session ends. */
export interface StandingEndpoint {
  /** Listens again if the socket file has gone. */
  restore(): Promise<void>;
  close(): void;
}

/** Listens, and can be told to look whether the endpoint is still there. Throws what `listenOnEndpoint` throws. */
export async function standAtEndpoint(makeServer: () => Server, endpoint: string): Promise<StandingEndpoint> {
  let server = makeServer();
  await listenOnEndpoint(server, endpoint);
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return {
    restore: async () => {
      if (process.platform === "win32" || existsSync(endpoint)) return;
      // In this order: closing a server removes the file at its path, whoever made it.
      close();
      server = makeServer();
      await listenOnEndpoint(server, endpoint);
    },
    close,
  };
}
