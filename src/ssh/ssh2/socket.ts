import { connect as connectSocket, type Socket } from "node:net";
import { onAbort, withDeadline } from "../../base/abort.js";
import { formatAddress } from "../../base/address.js";
import { Failure } from "../../base/failure.js";
import type { Server } from "../../config/target.js";
import { failureFromConnect } from "./failures.js";

/** Enough to tell an SSH server's last words from another protocol. */
const heardMaxBytes = 64;

/** No-delay before the handshake: with Nagle the handshake alone takes twice as long. */
export async function openSocket(server: Server, timeoutMs: number, signal: AbortSignal): Promise<Socket> {
  const where = formatAddress(server);
  const timedOut = () => new Failure("connect-timeout", `${where} did not answer within ${timeoutMs} ms`);
  return withDeadline(
    timeoutMs,
    signal,
    timedOut,
    (deadline) =>
      new Promise<Socket>((resolve, reject) => {
        const socket = connectSocket({ host: server.host, port: server.port, noDelay: true });
        const forget = onAbort(deadline, () => socket.destroy());
        socket.once("error", (error) => reject(failureFromConnect(error, where)));
        socket.once("connect", () => {
          forget();
          // Until the log-in listens nobody else does; `errored` keeps what broke meanwhile.
          socket.on("error", () => {});
          resolve(socket);
        });
      }),
  );
}

/** The first bytes that come, for the failure's sentence. Paused first, so that none flow before ssh2 listens as well. */
export function listenIn(socket: Socket): () => string {
  let text = "";
  const onData = (chunk: Buffer) => {
    text += chunk.toString("latin1", 0, heardMaxBytes);
    if (text.length >= heardMaxBytes) socket.off("data", onData);
  };
  socket.pause().on("data", onData);
  return () => text;
}
