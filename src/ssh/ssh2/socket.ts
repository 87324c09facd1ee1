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
        const family = isIP(host);
        if (family !== 0 && family !== (familyOf(wishes) || family)) {
          return reject(new Failure("host-unresolved", `${where} is not of the AddressFamily ${wishes.addressFamily}`));
        }
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

function sourceOf(wishes: SocketWishes): { localAddress?: string; family?: number } {
  const family = familyOf(wishes);
  return { ...(wishes.bindAddress === null ? {} : { localAddress: wishes.bindAddress }), ...(family === 0 ? {} : { family }) };
}

/** 0 for either. A source address says the family as well: a destination of the other one cannot be reached from it. */
function familyOf({ addressFamily, bindAddress }: SocketWishes): number {
  return addressFamily === "any" ? isIP(bindAddress ?? "") : addressFamily === "inet" ? 4 : 6;
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
