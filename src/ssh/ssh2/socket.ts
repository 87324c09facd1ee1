import { connect as connectSocket, isIP, type Socket } from "node:net";
import { onAbort, withDeadline } from "../../base/abort.js";
import { formatAddress } from "../../base/address.js";
import { Failure } from "../../base/failure.js";
import type { HostConfig } from "../host-config.js";
import { failureFromConnect } from "./failures.js";
import type { Line } from "./line.js";

/** Enough to tell an SSH server's last words from another protocol. */
const heardMaxBytes = 64;

export type SocketWishes = Pick<HostConfig, "server" | "addressFamily" | "bindAddress">;

/** No-delay before the handshake: with Nagle the handshake alone takes twice as long. */
export async function openSocket(wishes: SocketWishes, timeoutMs: number, signal: AbortSignal): Promise<Socket> {
  const { host, port } = wishes.server;
  const where = formatAddress(wishes.server);
  const timedOut = () => new Failure("connect-timeout", `${where} did not answer within ${timeoutMs} ms`);
  return withDeadline(
    timeoutMs,
    signal,
    timedOut,
    (deadline) =>
      new Promise<Socket>((resolve, reject) => {
        const socket = connectSocket({ host, port, noDelay: true, ...sourceOf(wishes) });
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

/** A source address says the family as well: a destination of the other one cannot be reached from it. */
function sourceOf({ addressFamily, bindAddress }: SocketWishes): { localAddress?: string; family?: number } {
  const family = addressFamily === "any" ? isIP(bindAddress ?? "") : addressFamily === "inet" ? 4 : 6;
  return { ...(bindAddress === null ? {} : { localAddress: bindAddress }), ...(family === 0 ? {} : { family }) };
}

/** The first bytes that come, for the failure's sentence. Paused first, so that none flow before ssh2 listens as well. */
export function listenIn(line: Line): () => string {
  let text = "";
  const onData = (chunk: Buffer) => {
    text += chunk.toString("latin1", 0, heardMaxBytes);
    if (text.length >= heardMaxBytes) line.off("data", onData);
  };
  line.pause().on("data", onData);
  return () => text;
}
