import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Gateway {
  readonly port: number;
  close(): Promise<void>;
}

const page = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>OpenClaw Control</title></head>
  <body><openclaw-app></openclaw-app></body>
</html>
`;

/** A stand-in for an OpenClaw gateway on 127.0.0.1: what one answers to an anonymous visitor, and nothing more. */
export async function startGateway(port = 0): Promise<Gateway> {
  const server = createServer(answer);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  if (isProxied(request)) {
    const message = "a proxy's header came with a loopback request";
    sendJson(response, 403, { error: { type: "proxy_attribution_required", message } });
    return;
  }
  const [path] = (request.url ?? "/").split("?", 1);
  if (path === "/health" || path === "/healthz") sendProbe(request, response, { ok: true, status: "live" });
  else if (path === "/readyz") sendProbe(request, response, { ready: true });
  else if (path === "/hello") send(response, 200, "text/plain; charset=utf-8", "hello from behind the tunnel\n");
  // A single-page application: every unknown path is the user interface, also those of probes that older gateways lack.
  else send(response, 200, "text/html; charset=utf-8", page);
}

/** Real gateways refuse these, for every path: the tunnel must carry plain bytes and add no header. */
function isProxied(request: IncomingMessage): boolean {
  return Object.keys(request.headers).some((name) => name === "forwarded" || name === "x-real-ip" || name.startsWith("x-forwarded-"));
}

function sendProbe(request: IncomingMessage, response: ServerResponse, body: object): void {
  if (request.method === "GET" || request.method === "HEAD") {
    sendJson(response, 200, body);
    return;
  }
  response.setHeader("allow", "GET, HEAD");
  sendJson(response, 405, { error: { type: "method_not_allowed" } });
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  send(response, status, "application/json; charset=utf-8", JSON.stringify(body));
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
  });
  response.end(body);
}
