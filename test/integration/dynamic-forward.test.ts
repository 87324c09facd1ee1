import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type Duplex, duplexPair, type Readable } from "node:stream";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Failure } from "../../src/base/failure.js";
import { ForwardListener } from "../../src/forward/listener.js";
import { WaitingRoom } from "../../src/forward/waiting-room.js";
import type { SshSession } from "../../src/ssh/session.js";
import { Cleanups } from "../support/cleanups.js";
import { curl, hasCurl } from "../support/curl.js";
import { startHttpService } from "../support/http-service.js";
import { connectBySsh2, connectContext, loginTo, neverAborted } from "../support/login.js";
import { holdPort, quietLog } from "../support/quiet.js";
import { freePort } from "../support/sshd.js";
import { startTcpService } from "../support/tcp-service.js";
import { codeOfRefusal, startTestSshd, type TestSshd } from "../support/test-sshd.js";
import { deferred } from "../unit/fixtures/deferred.js";
import { fakeSession } from "../unit/fixtures/fake-session.js";

const cleanups = new Cleanups();
let sshd: TestSshd;
let session: SshSession;
beforeAll(async () => {
  sshd = await startTestSshd();
  session = await connectBySsh2(loginTo(sshd), connectContext(), neverAborted);
});
afterAll(async () => {
  session.close();
  await sshd.dispose();
});
afterEach(cleanups.run);

describe("a dynamic forward", () => {
  it.skipIf(!hasCurl).each(["--socks5", "--socks5-hostname", "--socks4", "--socks4a"])("carries what curl says with %s", async (option) => {
    const service = await startHttpService((_request, response) => response.end("through SOCKS"));
    cleanups.add(service.close);
    const { port } = await openForward(session);
    const { code, stdout } = await curl(option, `127.0.0.1:${port}`, `http://localhost:${service.port}/`);
    expect([code, stdout]).toEqual([0, "through SOCKS"]);
  });

  it("leaves names to the server", async () => {
    const fake = fakeSession();
    const { port } = await openForward(fake);
    await startSocks(port, "no-such-host.invalid", 80);
    expect(fake.dials).toEqual([{ host: "no-such-host.invalid", port: 80 }]);
  });

  it("gives a client that ends first, in one breath with its request, the whole reply", async () => {
    const service = await tcp((socket) => {
      let heard = "";
      socket.on("data", (part) => (heard += String(part))).once("end", () => socket.end(`heard ${heard}`));
    });
    const { port, listener } = await openForward(session);
    const client = await dial(port);
    client.end(Buffer.concat([Buffer.from([5, 1, 0]), socks5Request("127.0.0.1", service.port), Buffer.from("all of it")]));
    expect((await readToEnd(client)).subarray(12).toString()).toBe("heard all of it");
    await expect.poll(() => listener.counters).toMatchObject({ open: 0, total: 1, bytesOut: 9, bytesIn: 15 });
  });

  it("passes on that a client has ended, also when that came while its channel was not open yet", async () => {
    const fake = fakeSession();
    const [channel, far] = duplexPair({ allowHalfOpen: true });
    const first = deferred<Duplex>();
    fake.serve = () => (fake.dials.length === 1 ? first.promise : new Promise(() => {}));
    const { port } = await openForward(fake);
    const client = await startSocks(port, "db", 80);
    client.end();
    // Another one's whole handshake: by then the end of the first has arrived.
    await startSocks(port, "db", 80);
    first.resolve(channel);
    expect(await readToEnd(far)).toHaveLength(0);
  });

  it.each<[Failure["code"], number]>([
    ["service-refused", 5],
    ["service-unreachable", 4],
    ["forwarding-prohibited", 2],
    ["channel-refused", 1],
  ])("tells a client of %s by the code for it, and counts it", async (code, reply) => {
    const fake = fakeSession();
    fake.serve = () => Promise.reject(new Failure(code, "no"));
    const { port, listener } = await openForward(fake);
    const answer = await readToEnd(await startSocks(port, "db", 80));
    expect([answer[3], answer.length]).toEqual([reply, 12]);
    expect(listener.counters.refused).toBe(1);
  });

  it("is told by a real server what is refused", async () => {
    const { port } = await openForward(session);
    const answer = await readToEnd(await startSocks(port, "127.0.0.1", await freePort()));
    expect(answer[3]).toBe(codeOfRefusal() === "service-refused" ? 5 : 4);
  });

  it("has a client that comes while there is no session wait for it, and says that there is no way when that takes too long", async () => {
    const service = await tcp((socket) => void socket.end("hello"));
    const room = new WaitingRoom({ waitMs: 20_000, guestsMax: 10 });
    const { port, listener } = await openForward(undefined, room);
    const client = await startSocks(port, "127.0.0.1", service.port);
    await expect.poll(() => listener.counters.waiting).toBe(1);
    room.open(session);
    expect((await readToEnd(client)).subarray(12).toString()).toBe("hello");
    room.shut(new Failure("auth-rejected", "no"));
    expect((await readToEnd(await startSocks(port, "127.0.0.1", service.port)))[3]).toBe(3);
  });

  it("says nothing to what is no SOCKS client, and hangs up on one that does not go on", async () => {
    const { port, listener } = await openForward(session);
    const client = await dial(port);
    client.end("GET / HTTP/1.1\r\n\r\n");
    expect(await readToEnd(client)).toHaveLength(0);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const slow = await dial(port);
      slow.on("error", () => {}).write(Buffer.from([5, 1, 0]));
      await once(slow, "data");
      const closed = new Promise((resolve) => slow.once("close", resolve));
      vi.advanceTimersByTime(10_000);
      await closed;
    } finally {
      vi.useRealTimers();
    }
    await expect.poll(() => listener.counters.open).toBe(0);
  });
});

async function openForward(to: SshSession | undefined, room = new WaitingRoom({ waitMs: 20_000, guestsMax: 10 })) {
  if (to !== undefined) room.open(to);
  const port = await freePort();
  const health = { check: { kind: "tcp" }, everyMs: 30_000, timeoutMs: 5_000 } as const;
  const absence = () => ({ tunnel: "web", phase: "connecting", code: null, retryInMs: null }) as const;
  const listener = new ForwardListener(
    { kind: "dynamic", bind: { host: "127.0.0.1", port }, health },
    { room, onSlowDial: () => {}, absence, busyPolicy: holdPort, log: quietLog },
  );
  await listener.open();
  cleanups.add(() => listener.close());
  return { listener, port };
}

async function tcp(onSocket: (socket: Socket) => void) {
  const service = await startTcpService(onSocket, { allowHalfOpen: true });
  cleanups.add(service.close);
  return service;
}

async function dial(port: number): Promise<Socket> {
  const client = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  cleanups.add(() => client.destroy());
  await once(client, "connect");
  return client;
}

/** A client that has asked for `host` and `port`, byte by byte as far as the line shows them so. */
async function startSocks(port: number, host: string, toPort: number): Promise<Socket> {
  const client = await dial(port);
  client.setNoDelay();
  for (const byte of [5, 1, 0, ...socks5Request(host, toPort)]) client.write(Buffer.from([byte]));
  await once(client, "readable");
  return client;
}

function socks5Request(host: string, port: number): Buffer {
  return Buffer.from([5, 1, 0, 3, host.length, ...Buffer.from(host), port >> 8, port & 0xff]);
}

async function readToEnd(client: Readable): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of client) parts.push(part);
  return Buffer.concat(parts);
}
