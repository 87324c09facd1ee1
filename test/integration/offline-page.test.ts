import { once } from "node:events";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { Failure } from "../../src/base/failure.js";
import { ForwardListener } from "../../src/forward/listener.js";
import type { Absence } from "../../src/forward/offline/offline-page.js";
import { WaitingRoom } from "../../src/forward/waiting-room.js";
import type { SshSession } from "../../src/ssh/session.js";
import { Cleanups } from "../support/cleanups.js";
import { holdPort, quietLog } from "../support/quiet.js";
import { freePort } from "../support/sshd.js";
import { startTcpService } from "../support/tcp-service.js";

const held: Absence = { tunnel: "web", phase: "held", code: "auth-rejected", retryInMs: null };
const rejected = new Failure("auth-rejected", "the server refused /home/ada/.ssh/id_secret");
const get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

const cleanups = new Cleanups();
afterEach(cleanups.run);

describe("a client of a held tunnel", () => {
  it("that is a browser gets a page at once", async () => {
    const { port } = await openHeld();
    const { status, headers, body } = await ask(port, { headers: { accept: "text/html,*/*;q=0.8" } });
    expect(status).toBe(503);
    expect(headers).toMatchObject({ "content-type": "text/html; charset=utf-8", refresh: "30", "retry-after": "30", connection: "close" });
    expect(body).toContain("web is not available");
    expect(body).toContain("auth-rejected");
    expect(body).not.toContain("id_secret");
  });

  it("that is a program gets JSON", async () => {
    const { status, body } = await ask((await openHeld()).port);
    expect([status, JSON.parse(body)]).toEqual([503, expect.objectContaining({ tunnel: "web", phase: "held", code: "auth-rejected" })]);
  });

  it("that asks with HEAD gets the headers alone", async () => {
    const heard = await say((await openHeld()).port, "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect(heard).toMatch(/^HTTP\/1\.1 503 .*\r\nContent-Length: [1-9]\d*\r\n.*\r\n\r\n$/s);
  });

  it("that wants a WebSocket gets the same answer", async () => {
    const headers = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    };
    expect(await ask((await openHeld()).port, { headers })).toMatchObject({ status: 503 });
  });

  it("that asks for several things in a row gets one answer, and the end", async () => {
    const heard = await say((await openHeld()).port, get.repeat(3));
    expect(heard.match(/HTTP\/1\.1 503/g)).toHaveLength(1);
  });

  it("that ends before it hears gets its answer all the same", async () => {
    const client = await dial((await openHeld()).port);
    client.end(get);
    expect(await text(client)).toContain("auth-rejected");
  });

  it("that comes by another name, as a page with a rebound address does, learns only the name of the tunnel", async () => {
    const { body } = await ask((await openHeld()).port, { headers: { host: "rebound.example" } });
    expect(JSON.parse(body)).toEqual({
      error: "tunnel-unavailable",
      tunnel: "web",
      message: "The tunnel web is not available now.",
      retryAfterSeconds: 30,
    });
  });

  it("that may come from another machine learns only the name of the tunnel", async () => {
    const { port } = await openHeld({ host: "0.0.0.0" });
    const { body } = await ask(port);
    expect(body).not.toContain("auth-rejected");
    expect(JSON.parse(body)).toMatchObject({ tunnel: "web" });
  });

  it("gets the answer to a request with a body", async () => {
    const body = Buffer.alloc(300_000, "x");
    const { status } = await ask((await openHeld()).port, { method: "POST", headers: { "content-length": body.length } }, body);
    expect(status).toBe(503);
  });

  it("gets the answer, too, when it reads only after it has said all, long after it was answered", async () => {
    const client = await dial((await openHeld()).port);
    const end = new Promise((resolve) => client.once("error", resolve).once("end", () => resolve("end")));
    client.write("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n");
    for (let saidBytes = 0; saidBytes < 50; saidBytes += 1) {
      client.write("x");
      await new Promise(setImmediate);
    }
    client.end();
    expect(await text(client)).toContain("auth-rejected");
    expect(await end).toBe("end");
  });

  it("gets the answer, and is let go, when its body has no end", async () => {
    const { listener, port } = await openHeld();
    const client = await dial(port);
    const end = endOf(client);
    client.write("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
    const chunk = Buffer.alloc(64 * 1024, "x");
    const flood = () => {
      while (!client.destroyed && client.write(chunk));
    };
    client.on("drain", flood);
    flood();
    expect((await end).heard).toContain("auth-rejected");
    await expect.poll(() => listener.counters.open, { timeout: 10_000 }).toBe(0);
  });

  it("gets an answer when its head is larger than what is read of it", async () => {
    const cookie = `Cookie: ${"c".repeat(20_000)}`;
    const heard = await say((await openHeld()).port, `GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n${cookie}\r\n\r\n`);
    expect(heard).toContain("text/html");
  });

  it("gets an answer when its head comes in pieces", async () => {
    const client = await dial((await openHeld()).port);
    for (const piece of ["G", "ET / HT", "TP/1.1\r", "\nHost: localhost\r\nAcc", "ept: text/html\r\n\r", "\n"]) {
      client.write(piece);
      await new Promise(setImmediate);
    }
    expect(await text(client)).toMatch(/^HTTP\/1\.1 503 .*auth-rejected/s);
  });

  it.each([
    ["greets with TLS", Buffer.from("1603010200010001fc0303", "hex")],
    ["speaks SSH", "SSH-2.0-OpenSSH_9.2\r\n"],
    ["speaks HTTP/2 at once", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["speaks anything else", "EHLO localhost\r\n"],
    ["is an EventSource, which would never come back from a 503", "GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"],
    ["says nothing", ""],
    ["does not come to the end of its first line", "GET / HTTP/1."],
  ])("that %s is reset", async (_, words) => {
    const client = connect({ host: "127.0.0.1", port: (await openHeld()).port });
    client.write(words);
    expect(await endOf(client)).toEqual({ how: "ECONNRESET", heard: "" });
  });

  it("that says one byte after another is not waited for", async () => {
    const { listener, port } = await openHeld();
    const client = connect({ host: "127.0.0.1", port });
    const dribble = setInterval(() => client.write("G"), 30);
    cleanups.add(() => clearInterval(dribble));
    expect(await endOf(client)).toMatchObject({ heard: "" });
    await expect.poll(() => listener.counters.open).toBe(0);
  });

  it("that neither reads nor ends is let go", async () => {
    const { listener, port } = await openHeld();
    const client = await dial(port);
    client.pause().write(get);
    await expect.poll(() => listener.counters).toMatchObject({ total: 1, open: 1 });
    await expect.poll(() => listener.counters.open, { timeout: 10_000 }).toBe(0);
  });

  it("that has gone already is no matter", async () => {
    const { listener, port } = await openHeld();
    const client = await dial(port);
    client.resetAndDestroy();
    await expect.poll(() => listener.counters).toMatchObject({ total: 1, open: 0 });
    expect(await ask(port)).toMatchObject({ status: 503 });
  });

  it("is reset where the forward has no page", async () => {
    const client = connect({ host: "127.0.0.1", port: (await openHeld({ hasOfflinePage: false })).port });
    client.write(get);
    expect(await endOf(client)).toEqual({ how: "ECONNRESET", heard: "" });
  });

  it("does not count as refused by a service that nobody has asked", async () => {
    const { listener, port } = await openHeld();
    await ask(port);
    expect(listener.counters).toMatchObject({ total: 1, refused: 0, bytesIn: 0, bytesOut: 0 });
  });

  it("is reset like every other when the address is given back meanwhile", async () => {
    const { listener, port } = await openHeld();
    const client = await dial(port);
    client.write("GET / HT");
    await expect.poll(() => listener.counters.open).toBe(1);
    const end = endOf(client);
    listener.close();
    expect(await end).toEqual({ how: "ECONNRESET", heard: "" });
  });
});

describe("a client of a tunnel that is on its way", () => {
  const connecting: Absence = { tunnel: "web", phase: "connecting", code: null, retryInMs: null };

  it("is told after it has waited its time", async () => {
    const { port } = await openForward(new WaitingRoom({ waitMs: 30, guestsMax: 10 }), { absence: connecting });
    expect(JSON.parse((await ask(port)).body)).toMatchObject({ phase: "connecting", retryAfterSeconds: 2 });
  });

  it("is told at once when too many wait already, and those inside go on waiting", async () => {
    const room = new WaitingRoom({ waitMs: 20_000, guestsMax: 1 });
    const { listener, port } = await openForward(room, { absence: connecting });
    const inside = await dial(port);
    inside.write(get);
    await expect.poll(() => listener.counters.waiting).toBe(1);
    expect(JSON.parse((await ask(port)).body).message).toMatch(/Too many/);
    expect(listener.counters.waiting).toBe(1);
    const echo = await startTcpService((socket) => socket.pipe(socket));
    cleanups.add(() => echo.close());
    room.open(sessionTo(echo.port));
    inside.end();
    expect(await text(inside)).toBe(get);
  });

  it("is served in the order it came, whatever became of others meanwhile", async () => {
    const order: string[] = [];
    const service = await startTcpService((socket) => socket.on("data", (name) => order.push(String(name))));
    cleanups.add(() => service.close());
    const room = new WaitingRoom({ waitMs: 20_000, guestsMax: 30 });
    const { listener, port } = await openForward(room, { absence: connecting });
    const names = Array.from({ length: 30 }, (_, index) => `${index} `);
    for (const [index, name] of names.entries()) {
      (await dial(port)).write(name);
      await expect.poll(() => listener.counters.waiting, { interval: 1 }).toBe(index + 1);
    }
    await ask(port);
    room.open(sessionTo(service.port));
    await expect.poll(() => order.join("")).toBe(names.join(""));
  });

  it("is served after the answer by the very same address, when there is a session", async () => {
    const service = await startTcpService((socket) =>
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")),
    );
    cleanups.add(() => service.close());
    const room = new WaitingRoom({ waitMs: 20_000, guestsMax: 0 });
    const { port } = await openForward(room, { absence: connecting });
    expect(await ask(port)).toMatchObject({ status: 503 });
    room.open(sessionTo(service.port));
    expect(await ask(port)).toMatchObject({ status: 200, body: "ok" });
  });
});

it("a client whose service is down, while the session stands, is reset and counts as refused", async () => {
  const room = new WaitingRoom({ waitMs: 20_000, guestsMax: 10 });
  const { listener, port } = await openForward(room, { absence: held });
  const failing: SshSession = { ...sessionTo(1), dial: () => Promise.reject(new Failure("service-refused", "nothing listens")) };
  room.open(failing);
  const client = connect({ host: "127.0.0.1", port });
  client.write(get);
  expect(await endOf(client)).toEqual({ how: "ECONNRESET", heard: "" });
  expect(listener.counters.refused).toBe(1);
});

interface Options {
  readonly absence?: Absence;
  readonly host?: string;
  readonly hasOfflinePage?: boolean;
}

function openHeld(options: Options = {}) {
  const room = new WaitingRoom({ waitMs: 20_000, guestsMax: 10 });
  room.shut(rejected);
  return openForward(room, options);
}

async function openForward(room: WaitingRoom, { absence = held, host = "127.0.0.1", hasOfflinePage = true }: Options) {
  const port = await freePort();
  const health = { check: { kind: "tcp" }, everyMs: 30_000, timeoutMs: 5_000 } as const;
  const spec = { kind: "local" as const, bind: { host, port }, to: { host: "127.0.0.1", port: 1 }, health, hasOfflinePage };
  const context = { room, onSlowDial: () => {}, absence: () => absence, busyPolicy: holdPort, log: quietLog };
  const listener = new ForwardListener(spec, context);
  await listener.open();
  cleanups.add(() => listener.close());
  return { listener, port };
}

/** A session whose channels are plain connections to `port`. */
function sessionTo(port: number): SshSession {
  return {
    ended: new Promise(() => {}),
    dial: () => dial(port),
    listen: (bind) => Promise.resolve({ bind, close: () => {} }),
    exec: () => Promise.reject(new Failure("exec-refused", "no commands here")),
    probe: () => Promise.resolve(1),
    traffic: () => ({ receivedBytes: 0, sentBytes: 0, unsentBytes: 0, unconfirmedBytes: 0, openChannels: 0 }),
    close: () => {},
  };
}

async function dial(port: number): Promise<Socket> {
  const client = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  cleanups.add(() => client.destroy());
  await once(client, "connect");
  return client;
}

/** All that is heard after `words`, until the end. */
async function say(port: number, words: string): Promise<string> {
  const client = await dial(port);
  client.write(words);
  return text(client);
}

interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string | number>;
}

/** One request of a real HTTP client. */
async function ask(port: number, options: Ask = {}, body?: Buffer) {
  const asked = request({ host: "127.0.0.1", port, agent: false, ...options });
  asked.on("error", () => {});
  asked.end(body);
  const [response] = await once(asked, "response");
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

/** How a connection ends, and what was heard before. */
function endOf(socket: Socket): Promise<{ how: string; heard: string }> {
  return new Promise((resolve) => {
    let heard = "";
    socket.on("data", (chunk) => {
      heard += String(chunk);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve({ how: error.code ?? error.message, heard }));
    socket.once("end", () => resolve({ how: "end", heard }));
  });
}
