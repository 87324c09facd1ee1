import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { sleep } from "../../base/abort.js";
import { isOwnConnection } from "./own-connection.js";

/** An address that leads a browser on, once. */
export interface HandOver {
  readonly url: string;
  /** Whether the browser came for it; false when the time is over. */
  readonly taken: Promise<boolean>;
  close(): void;
}

/**
 * A page of this machine that answers one request with the way to `location`, and then no other. So a browser learns what must not
 * stand in an argument list: that has an address which nobody can guess, and which is worth nothing once it was used.
 */
export async function handOver(location: string, timeoutMs: number, signal: AbortSignal): Promise<HandOver> {
  const path = `/${randomBytes(24).toString("base64url")}`;
  let isGiven = false;
  let tellTaken = (_isTaken: boolean) => {};
  const taken = new Promise<boolean>((resolve) => {
    tellTaken = resolve;
  });
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const isAsked = request.method === "GET" && request.url === path && request.headers.host === host;
    const isRight = isAsked && (await isOwnConnection(request.socket)) && !isGiven;
    isGiven ||= isRight;
    const headers = { "cache-control": "no-store", "referrer-policy": "no-referrer", connection: "close" };
    response.writeHead(isRight ? 303 : 404, { ...headers, ...(isRight && { location }) });
    response.end(() => isRight && tellTaken(true));
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const over = new AbortController();
  const close = () => {
    over.abort();
    server.close();
    server.closeAllConnections();
  };
  void sleep(timeoutMs, AbortSignal.any([signal, over.signal])).then(() => tellTaken(false));
  return { url: `http://${host}${path}`, taken, close };
}
