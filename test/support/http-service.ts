import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

export interface HttpService {
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly url: string;
  /** Live: read it again to see it grow. */
  readonly counters: Readonly<Counters>;
  close(): Promise<void>;
}

interface Counters {
  connections: number;
  openConnections: number;
  requests: number;
}

const sayOk: RequestListener = (_request, response) => {
  response.setHeader("content-type", "text/plain").end("ok\n");
};

/** A real HTTP service on 127.0.0.1 that counts what reaches it. Answers `ok` unless `handler` says otherwise. */
export async function startHttpService(handler: RequestListener = sayOk, port = 0): Promise<HttpService> {
  const counters: Counters = { connections: 0, openConnections: 0, requests: 0 };
  const server = createServer((request, response) => {
    counters.requests += 1;
    handler(request, response);
  });
  server.on("connection", (socket) => {
    counters.connections += 1;
    counters.openConnections += 1;
    socket.once("close", () => {
      counters.openConnections -= 1;
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const { port: boundPort } = server.address() as AddressInfo;
  return {
    host: "127.0.0.1",
    port: boundPort,
    url: `http://127.0.0.1:${boundPort}`,
    counters,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
