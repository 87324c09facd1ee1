import { createServer, type Server } from "node:net";
import { afterEach, expect, it } from "vitest";
import { Failure } from "../../src/base/failure.js";
import type { FailureCode } from "../../src/base/failure-catalogue.js";
import { untilServerListens } from "../../src/ssh/knock.js";
import { freePort } from "../support/sshd.js";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function listen(port: number): Promise<number[]> {
  const knocks: number[] = [];
  const server = createServer((socket) => {
    knocks.push(socket.remotePort ?? 0);
    socket.destroy();
  });
  servers.push(server);
  return new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve(knocks)));
}

const wait = (port: number, code: FailureCode, signal: AbortSignal) =>
  untilServerListens({ user: "me", host: "127.0.0.1", port }, new Failure(code, "it happened"), () => 0, signal);

it("notices a server that comes back after a knock was refused, and knocks no more", async () => {
  const port = await freePort();
  const life = new AbortController();
  const back = wait(port, "connection-refused", life.signal);
  const knocks = await listen(port);
  expect(await back).toBe(true);
  expect(knocks).toHaveLength(1);
});

it("does not knock at a server that was there and did not let us in", async () => {
  const port = await freePort();
  const knocks = await listen(port);
  expect(await wait(port, "handshake-lost", new AbortController().signal)).toBe(false);
  expect(knocks).toEqual([]);
});

it("ends with its tunnel's wait", async () => {
  const life = new AbortController();
  const back = wait(await freePort(), "connection-refused", life.signal);
  life.abort();
  expect(await back).toBe(false);
});
