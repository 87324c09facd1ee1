import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { WebSocketServer } from "ws";

export interface SmallGateway {
  readonly to: { readonly host: string; readonly port: number };
  /** What it answers; another one may take its place at any time. */
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  /** The token it takes, and the code of its refusal of any other. */
  token: string;
  bootId: string;
  /** What `connect` was asked with, each time. */
  readonly connects: Record<string, unknown>[];
  /** How the deep checks' connections ended. */
  readonly closes: number[];
  /** Paths that were asked for, in order. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** Started `uptimeMs` ago, and all is well. */
export function started(version: string, uptimeMs: () => number): SmallGateway["answer"] {
  return (request, response) => {
    if (request.url === "/startupz") sendJson(response, 200, { ok: true, status: "started", version, uptimeMs: uptimeMs() });
    else if (request.url === "/healthz") sendJson(response, 200, { ok: true, status: "live" });
    else sendJson(response, 404, {});
  };
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** The part of a gateway that health checks meet: its HTTP answers, and the WebSocket handshake up to `health`. */
export async function startSmallGateway(): Promise<SmallGateway> {
  const server = createServer((request, response) => {
    gateway.asked.push(request.url ?? "");
    gateway.answer(request, response);
  });
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on("connection", (socket) => {
    const send = (frame: object) => socket.send(JSON.stringify(frame));
    socket.on("close", (code) => void gateway.closes.push(code));
    socket.on("message", (data) => {
      const { id, method, params } = JSON.parse(String(data));
      if (method === "health") send({ type: "res", id, ok: true, payload: { ok: true } });
      if (method !== "connect") return;
      gateway.connects.push(params);
      if (params.auth?.token === gateway.token) {
        send({
          type: "res",
          id,
          ok: true,
          payload: { type: "hello-ok", protocol: 4, server: { version: "2026.9.6", bootId: gateway.bootId } },
        });
        return;
      }
      const details = { code: "AUTH_TOKEN_MISMATCH" };
      send({ type: "res", id, ok: false, error: { code: "INVALID_REQUEST", message: `not ${params.auth?.token}`, details } });
      socket.close(1008);
    });
    send({ type: "event", event: "connect.challenge", payload: { nonce: "n", ts: 1 } });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const gateway: SmallGateway = {
    to: { host: "127.0.0.1", port: (server.address() as AddressInfo).port },
    answer: started("2026.9.6", () => 60_000),
    token: "right",
    bootId: "boot-1",
    connects: [],
    closes: [],
    asked: [],
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets.clients) socket.terminate();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  onTestFinished(gateway.close);
  return gateway;
}
