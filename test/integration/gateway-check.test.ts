import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { WebSocketServer } from "ws";
import type { Address } from "../../src/base/address.js";
import { Failure } from "../../src/base/failure.js";
import { dialHere } from "../../src/forward/remote/dial-here.js";
import { checkGateway } from "../../src/health/openclaw/check-gateway.js";
import { checkDeep } from "../../src/health/openclaw/deep/deep-check.js";
import { type SmallGateway, sendJson, startSmallGateway } from "../support/small-gateway.js";
import { freePort } from "../support/sshd.js";

const never = new AbortController().signal;
const check = (to: Address, timeoutMs = 5_000) => checkGateway(to, (signal) => dialHere(to, signal), timeoutMs, never);

/** A TCP service that does this with each connection. */
async function startTcp(serve: (socket: Socket) => void): Promise<Address> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

const page: SmallGateway["answer"] = (_request, response) =>
  void response.setHeader("content-type", "text/html").end("<title>OpenClaw Control</title>");

it("needs one question for a gateway of today, with no header but what HTTP demands", async () => {
  const gateway = await startSmallGateway();
  const headers: string[][] = [];
  const { answer } = gateway;
  gateway.answer = (request, response) => {
    headers.push(Object.keys(request.headers).sort());
    answer(request, response);
  };
  expect(await check(gateway.to)).toMatchObject({ state: "ok", detail: "OpenClaw gateway 2026.9.6 live" });
  expect(gateway.asked).toEqual(["/startupz"]);
  expect(headers).toEqual([["connection", "host"]]);
});

it("sees that a gateway starts or drains although /healthz says that it is live", async () => {
  const gateway = await startSmallGateway();
  for (const status of ["starting", "draining"]) {
    gateway.answer = (request, response) =>
      request.url === "/healthz" ? sendJson(response, 200, { ok: true, status: "live" }) : sendJson(response, 503, { ok: false, status });
    expect(await check(gateway.to)).toMatchObject({ state: "failing", failure: { code: `gateway-${status}` } });
  }
});

it("knows the gateways of each age: by /healthz when /startupz is a page, and by the page when all is", async () => {
  const gateway = await startSmallGateway();
  gateway.answer = (request, response) => {
    if (request.url === "/healthz") sendJson(response, 200, { ok: true, status: "live" });
    else if (request.url === "/readyz") sendJson(response, 200, { ready: true, failing: [], uptimeMs: 77 });
    else page(request, response);
  };
  expect(await check(gateway.to)).toMatchObject({ state: "ok", gateway: { state: "live", version: null, uptimeMs: 77 } });
  gateway.answer = page;
  expect(await check(gateway.to)).toMatchObject({ state: "ok", gateway: { state: "old" } });
});

it("says that the gateway is down when nothing listens", async () => {
  const port = await freePort();
  expect(await check({ host: "127.0.0.1", port })).toMatchObject({
    failure: { code: "gateway-down", message: `no OpenClaw gateway listens at 127.0.0.1:${port}` },
    gateway: { state: "down" },
  });
});

it("says that it is down when connections are closed without an answer, whether in peace or reset", async () => {
  for (const end of [(socket: Socket) => socket.end(), (socket: Socket) => socket.resetAndDestroy()]) {
    const to = await startTcp((socket) => void socket.once("data", () => end(socket)));
    expect(await check(to)).toMatchObject({ failure: { code: "gateway-down" }, gateway: { state: "down" } });
  }
});

it("says that it is hung when a connection is taken and nothing comes", async () => {
  const to = await startTcp(() => {});
  expect(await check(to, 100)).toMatchObject({ failure: { code: "gateway-hung" }, gateway: { state: "hung" } });
});

it("does not read a page to its end that has none", async () => {
  const gateway = await startSmallGateway();
  gateway.answer = (_request, response) => {
    const more = () => {
      while (!response.destroyed && response.write("x".repeat(65_536)));
    };
    response.setHeader("content-type", "text/html").on("drain", more).write("<title>OpenClaw Control</title>");
    more();
  };
  expect(await check(gateway.to)).toMatchObject({ state: "ok", gateway: { state: "old" } });
});

it("answers a gateway's challenge once, however many it sends", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => void server.close());
  await once(server, "listening");
  let connects = 0;
  server.on("connection", (socket) => {
    for (let count = 0; count < 10; count += 1) socket.send(JSON.stringify({ type: "event", event: "connect.challenge", payload: {} }));
    socket.on("message", (data) => {
      const { method, id } = JSON.parse(String(data));
      if (method === "connect") connects += 1;
      socket.send(JSON.stringify({ type: "res", id, ok: true, payload: { protocol: 4 } }));
    });
  });
  const to = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
  expect(await checkDeep(to, (signal) => dialHere(to, signal), "token", never)).toMatchObject({ state: "ok" });
  expect(connects).toBe(1);
});

it("says that something else is there when it does not speak HTTP", async () => {
  const to = await startTcp((socket) => void socket.write("SSH-2.0-OpenSSH_9.2\r\n"));
  expect(await check(to)).toMatchObject({ failure: { code: "gateway-not-there" }, gateway: { state: "other" } });
});

it.each(["session-gone", "forwarding-prohibited", "channel-refused", "service-unreachable"] as const)(
  "leaves %s its name: that is not the gateway's fault",
  async (code) => {
    const result = await checkGateway({ host: "h", port: 1 }, () => Promise.reject(new Failure(code, "no")), 1_000, never);
    expect(result).toMatchObject({ failure: { code }, gateway: { state: "unknown" } });
  },
);
