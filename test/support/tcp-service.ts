import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** A real TCP service on 127.0.0.1, or on a unix socket. */
export interface TcpService {
  readonly port: number;
  /** The connections that are open now. */
  readonly sockets: ReadonlySet<Socket>;
  close(): void;
}

interface TcpServiceOptions {
  /** Goes on talking after the other side has ended, as many services do. Only what is read can end: `onSocket` has to. */
  readonly allowHalfOpen?: boolean;
  readonly unixSocket?: string;
}

export async function startTcpService(
  onSocket: (socket: Socket) => void = (socket) => socket.resume(),
  { allowHalfOpen = false, unixSocket }: TcpServiceOptions = {},
): Promise<TcpService> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).once("close", () => sockets.delete(socket));
    onSocket(socket);
  });
  server.listen(unixSocket === undefined ? { port: 0, host: "127.0.0.1" } : { path: unixSocket });
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
