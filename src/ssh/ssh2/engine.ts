import type { Socket } from "node:net";
import ssh2 from "ssh2";
import { onAbort } from "../../base/abort.js";
import { asFailure, Failure } from "../../base/failure.js";
import { timingDefaults } from "../../config/defaults.js";
import { formatServer } from "../../config/target.js";
import type { LoginSpec } from "../../config/tunnel-spec.js";
import type { HostConfig } from "../host-config.js";
import { HostKeyCheck } from "../host-key-check.js";
import type { ConnectContext, HostEngine, SshSession } from "../session.js";
import { asAlgorithms, offerFor } from "./algorithms.js";
import { type Authentication, prepareAuthentication } from "./authentication.js";
import { failureFromConnect, failureFromSsh2 } from "./failures.js";
import { Ssh2Session } from "./session.js";
import { listenIn, openSocket } from "./socket.js";

/** The in-process engine, on the ssh2 package. */
export const ssh2Engine: HostEngine = { name: "ssh2", connect };

/** The TCP connect, the keys and known_hosts do not need each other, so they run side by side. */
async function connect(host: HostConfig, login: LoginSpec, context: ConnectContext, signal: AbortSignal): Promise<SshSession> {
  const timeoutMs = login.connectTimeoutMs ?? host.connectTimeoutMs ?? timingDefaults.connectTimeoutMs;
  const abort = new AbortController();
  const forget = onAbort(signal, () => abort.abort(signal.reason));
  const socketTask = openSocket(host.server, timeoutMs, abort.signal);
  try {
    const [socket, authentication, hostKey] = await Promise.all([
      socketTask,
      prepareAuthentication(host, context.agentSocket, abort.signal),
      HostKeyCheck.load(host),
    ]);
    return await logIn(socket, host, timeoutMs, authentication, hostKey, context, abort.signal);
  } catch (error) {
    abort.abort();
    socketTask.then((socket) => socket.destroy()).catch(() => {});
    throw asFailure(error);
  } finally {
    forget();
  }
}

function logIn(
  socket: Socket,
  host: HostConfig,
  timeoutMs: number,
  authentication: Authentication,
  hostKey: HostKeyCheck,
  context: ConnectContext,
  signal: AbortSignal,
): Promise<SshSession> {
  const where = formatServer(host.server);
  const client = new ssh2.Client();
  const unwanted = () => (signal.reason instanceof Failure ? signal.reason : new Failure("session-gone", `${where}: no longer wanted`));
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(unwanted());
    if (socket.errored) return reject(failureFromConnect(socket.errored, where));
    // ssh2 would wait for the end of a stream that has ended already.
    if (socket.readableEnded) return reject(new Failure("handshake-lost", `${where} closed the connection before the handshake`));
    const heard = listenIn(socket);
    let firstFailure: Failure | undefined;
    const fail = (failure: Failure) => {
      firstFailure ??= failure;
      forget();
      socket.destroy();
      reject(firstFailure);
    };
    const forget = onAbort(signal, () => fail(unwanted()));
    // ssh2 speaks several times of one trouble; the first voice names it, the others find it already named.
    client.on("error", (error: Error & { level?: string }) => {
      if (error.level === "agent") return;
      const isRejected = error.level === "client-authentication";
      const place = { where, stage: "handshake", timeoutMs, heard: heard() } as const;
      fail(isRejected ? authentication.rejected() : failureFromSsh2(error, place));
    });
    client.once("close", () => fail(new Failure("handshake-lost", `${where} closed the connection during the log-in`)));
    client.once("ready", () => {
      forget();
      client.removeAllListeners();
      resolve(new Ssh2Session(client, socket, where));
    });
    client.connect({
      sock: socket,
      username: host.server.user,
      authHandler: authentication.handler,
      readyTimeout: timeoutMs,
      keepaliveInterval: 0,
      algorithms: asAlgorithms(offerFor(host, hostKey.knownTypes)),
      hostVerifier: (key: Buffer) => {
        const judged = hostKey.judge(key);
        if (judged === undefined) return true;
        if (judged.unknownKey !== undefined) context.onUnknownHostKey(judged.unknownKey);
        firstFailure ??= judged.failure;
        return false;
      },
    });
  });
}
