import { createServer, type Server } from "node:net";
import { afterEach, expect, it } from "vitest";
import { Failure } from "../../src/base/failure.js";
import type { FailureCode } from "../../src/base/failure-catalogue.js";
import { Knocker } from "../../src/ssh/knock.js";
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

const wait = (port: number, code: FailureCode, signal: AbortSignal, knocker = new Knocker(() => 0)) =>
  knocker.untilServerListens({ host: "127.0.0.1", port }, new Failure(code, "it happened"), signal);

it("notices a server that comes back after a knock was refused, and knocks no more", async () => {
  const port = await freePort();
  const life = new AbortController();
  const back = wait(port, "connection-refused", life.signal);
  const knocks = await listen(port);
  expect(await back).toBe(true);
  expect(knocks).toHaveLength(1);
});

it("tells all who wait for the same server when one of them finds it, whatever user they log in as, and nobody else", async () => {
  const port = await freePort();
  const life = new AbortController();
  let chances = 0;
  // The first one knocks half a second before the others.
  const knocker = new Knocker(() => Math.min(0.999, chances++));
  const back = [wait(port, "connection-refused", life.signal, knocker), wait(port, "connection-refused", life.signal, knocker)];
  const elsewhere = wait(await freePort(), "connection-refused", life.signal, knocker);
  const knocks = await listen(port);
  expect(await Promise.all(back)).toEqual([true, true]);
  expect(knocks).toHaveLength(1);
  life.abort();
  expect(await elsewhere).toBe(false);
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
