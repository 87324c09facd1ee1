import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { onAbort } from "../../base/abort.js";
import { type Endpoint, formatEndpoint, isSocketPath } from "../../base/address.js";
import { Failure } from "../../base/failure.js";
import type { RemoteListener } from "../session.js";
import type { ListenerPaths } from "./listener-paths.js";
import { MuxClient } from "./mux-client.js";
import { closeForward, type MuxForward, openForward } from "./mux-messages.js";

/**
 * Has the server listen at `bind`, and ssh connect each channel of it to a unix socket of ours, one of `paths`: what `-R bind:path` opens.
 * It has a connection to the control socket of its own, because ssh reads nothing more from one while the server has not answered.
 */
export async function listenRemotely(
  controlPath: string,
  bind: Endpoint,
  paths: ListenerPaths,
  onConnection: (socket: Socket) => void,
  signal: AbortSignal,
): Promise<RemoteListener> {
  const server = createServer({ allowHalfOpen: true }, onConnection);
  const path = paths.take(bind);
  const stop = () => {
    server.close();
    rmSync(path, { force: true });
    paths.release(path);
  };
  try {
    server.listen(path);
    await once(server, "listening");
    const forward: MuxForward = { kind: "remote", listen: bind, connect: { path } };
    const port = await openRemotely(controlPath, forward, signal);
    const actual = isSocketPath(bind) || port === undefined ? bind : { host: bind.host, port };
    return {
      bind: actual,
      close: () => {
        stop();
        closeRemotely(controlPath, forward).catch(() => {});
      },
    };
  } catch (error) {
    stop();
    throw error;
  }
}

async function openRemotely(controlPath: string, forward: MuxForward, signal: AbortSignal): Promise<number | undefined> {
  const asked = withMux(controlPath, (mux) => mux.ask((id) => openForward(id, forward)));
  const reply = await new Promise<Awaited<typeof asked>>((resolve, reject) => {
    const forget = onAbort(signal, () => {
      reject(signal.reason);
      // The server may listen yet, for nobody.
      asked.then(() => closeRemotely(controlPath, forward)).catch(() => {});
    });
    asked.then(resolve, () => reject(new Failure("session-gone", "the session ended before the server listened"))).finally(forget);
  });
  if (reply.kind === "remote-port") return reply.port;
  if (reply.kind === "ok") return undefined;
  const why = reply.kind === "refused" ? reply.why : reply.kind;
  throw new Failure("remote-bind-refused", `the server does not listen at ${formatEndpoint(forward.listen)} (${why})`);
}

/** By the port that was asked for, also when that was 0: so ssh has noted it. */
async function closeRemotely(controlPath: string, forward: MuxForward): Promise<void> {
  await withMux(controlPath, (mux) => mux.ask((id) => closeForward(id, forward)));
}

async function withMux<T>(controlPath: string, work: (mux: MuxClient) => Promise<T>): Promise<T> {
  const mux = await MuxClient.connect(controlPath);
  try {
    return await work(mux);
  } finally {
    mux.end();
  }
}
