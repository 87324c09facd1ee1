import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Cleanups } from "../support/cleanups.js";
import { pipeBufferBytes } from "../support/fault-pipe.js";
import { type FaultProxy, startFaultProxy } from "../support/fault-proxy.js";
import { endOf, hash, hashAll } from "../support/sockets.js";
import { startTcpService } from "../support/tcp-service.js";
import { until } from "../support/until.js";

const MiB = 1024 * 1024;
const cleanups = new Cleanups();
afterEach(cleanups.run);

describe("a fault proxy", () => {
  it("carries bytes both ways, intact, and each side's end to the other", async () => {
    const { proxy } = await scene((socket) => socket.pipe(socket));
    const client = await dial(proxy);
    const bytes = randomBytes(4 * MiB);
    client.end(bytes);
    expect(await hashAll(client)).toBe(hash(bytes));
    await until(() => proxy.links.length === 0);
    expect(proxy.accepted).toBe(1);
  });

  it("tells the connections that are open and how much went through them", async () => {
    const { proxy } = await scene((socket) => socket.once("data", () => socket.write("four")));
    const client = await dial(proxy);
    client.write("sixsix");
    await once(client, "data");
    const [link] = proxy.links;
    expect([link?.passedBytes("to-server"), link?.passedBytes("to-client")]).toEqual([6, 4]);
  });

  it("cuts both sides with a reset, or with an end", async () => {
    const { proxy, ends } = await scene();
    for (const by of ["reset", "end"] as const) {
      const client = await dialAndGreet(proxy);
      const end = endOf(client);
      proxy.use({ kind: "cut", by }, "live");
      expect(await end).toBe(by === "reset" ? "ECONNRESET" : "end");
      await until(() => ends.at(-1) === (by === "reset" ? "ECONNRESET" : "end"));
      client.destroy();
    }
    await until(() => proxy.links.length === 0);
  });

  it.each([
    { ways: ["to-server"], atServerInTheEnd: "", atClientInTheEnd: "hello" },
    { ways: ["to-client"], atServerInTheEnd: "hello", atClientInTheEnd: "" },
    { ways: ["to-server", "to-client"], atServerInTheEnd: "", atClientInTheEnd: "" },
  ] as const)("swallows what goes $ways and keeps the connection open", async ({ ways, atServerInTheEnd, atClientInTheEnd }) => {
    let atServer = "";
    const { proxy, service } = await scene((socket) => socket.on("data", (text) => (atServer += text)));
    const client = await dial(proxy);
    await until(() => service.sockets.size === 1);
    let atClient = "";
    client.on("data", (text) => (atClient += text));
    proxy.use({ kind: "swallow", ways }, "live");
    client.write("hello");
    for (const socket of service.sockets) socket.end("hello");
    // A second connection that passes shows that the first one's bytes had their chance.
    await dialAndGreet(proxy, "-");
    await until(() => atServer.includes("-"));
    await until(() => atServer.replace("-", "") === atServerInTheEnd && atClient === atClientInTheEnd);
    expect([client.destroyed, client.readableEnded]).toEqual([false, atClientInTheEnd !== ""]);
  });

  it.each([["to-server"], ["to-client"], ["to-server", "to-client"]] as const)(
    "keeps no connection that its client has ended, though it swallows what goes %s",
    async (...ways) => {
      const { proxy, service } = await scene();
      const client = await dialAndGreet(proxy);
      proxy.use({ kind: "swallow", ways }, "live");
      client.end();
      await until(() => proxy.links.length === 0 && service.sockets.size === 0);
    },
  );

  it("keeps what is stalled, and lets all of it go on afterwards", async () => {
    const { proxy } = await scene((socket) => socket.pipe(socket));
    const client = await dial(proxy);
    await until(() => proxy.links.length === 1);
    proxy.use({ kind: "stall" }, "live");
    const bytes = randomBytes(MiB);
    client.end(bytes);
    const heard = hashAll(client);
    await dialAndGreet(proxy);
    expect(proxy.links[0]?.passedBytes("to-server")).toBe(0);
    proxy.use({ kind: "none" }, "live");
    expect(await heard).toBe(hash(bytes));
  });

  it("delays each way, and takes no less time than the throttle asks for", async () => {
    const { proxy } = await scene((socket) => socket.pipe(socket));
    proxy.use({ kind: "slow", delayMs: 100 }, "coming");
    const delayed = await dial(proxy);
    const startedMs = performance.now();
    delayed.write("there and back");
    await once(delayed, "data");
    expect(performance.now() - startedMs).toBeGreaterThan(195);

    proxy.use({ kind: "slow", bytesPerSecond: 200_000 }, "coming");
    const throttled = await dial(proxy);
    const bytes = randomBytes(100_000);
    const throttledAtMs = performance.now();
    throttled.end(bytes);
    expect(await hashAll(throttled)).toBe(hash(bytes));
    expect(performance.now() - throttledAtMs).toBeGreaterThan(450);
  });

  it("stops the sender when the line is slow, and keeps little itself", async () => {
    const { proxy } = await scene();
    proxy.use({ kind: "slow", bytesPerSecond: 1_000 }, "coming");
    const client = await dial(proxy);
    client.write(Buffer.alloc(64 * MiB));
    const link = await until(() => proxy.links[0]);
    await until(() => link.mostQueuedBytes("to-server") >= pipeBufferBytes);
    const before = client.bytesWritten - client.writableLength;
    await dialAndGreet(proxy, "hi");
    expect(link.mostQueuedBytes("to-server")).toBeLessThanOrEqual(pipeBufferBytes + 64 * 1024);
    expect(client.writableLength).toBeGreaterThan(0);
    expect(before).toBeLessThan(32 * MiB);
  });

  it.each([
    { way: "to-server", by: "reset" },
    { way: "to-server", by: "silence" },
    { way: "to-client", by: "end" },
    { way: "to-client", by: "silence" },
  ] as const)("passes the first 10 bytes $way and then does: $by", async ({ way, by }) => {
    let atServer = 0;
    const { proxy, ends } = await scene((socket) => {
      socket.on("data", (bytes: Buffer) => (atServer += bytes.length));
      socket.write(Buffer.alloc(40));
    });
    proxy.use({ kind: "cut-after", way, bytes: 10, by }, "next");
    const client = await dial(proxy);
    let atClient = 0;
    client.on("data", (bytes: Buffer) => (atClient += bytes.length));
    const end = endOf(client);
    client.write(Buffer.alloc(40));
    if (by === "silence") {
      await until(() => proxy.links[0]?.fault.kind === "swallow");
      expect([client.destroyed, ends.length]).toEqual([false, 0]);
    } else expect(await end).toBe(by === "reset" ? "ECONNRESET" : "end");
    await until(() => (way === "to-server" ? atServer : atClient) === 10);

    // The next connection is another one.
    await dialAndGreet(proxy);
  });

  it("refuses while its port is closed, and is there again on the same port", async () => {
    const { proxy } = await scene();
    const before = await dialAndGreet(proxy);
    proxy.refuse();
    expect(await endOf(connect(proxy.port, "127.0.0.1"))).toBe("ECONNREFUSED");
    expect(before.destroyed).toBe(false);
    await proxy.accept();
    await dialAndGreet(proxy);
  });

  it("is mute when asked: accepts, and does not go on to the server", async () => {
    const { proxy, service } = await scene();
    proxy.use({ kind: "mute" }, "next");
    const client = await dial(proxy);
    client.write("anyone?");
    await dialAndGreet(proxy);
    expect(service.sockets.size).toBe(1);
    client.end();
    await until(() => proxy.links.length === 1);
  });
});

async function scene(onSocket: (socket: Socket) => unknown = () => {}) {
  const ends: string[] = [];
  const service = await startTcpService(
    (socket) => {
      onSocket(socket);
      void endOf(socket).then((end) => {
        ends.push(end);
        socket.end();
      });
    },
    { allowHalfOpen: true },
  );
  cleanups.add(service.close);
  const proxy = await startFaultProxy(service.port);
  cleanups.add(proxy.dispose);
  return { service, proxy, ends };
}

async function dial(proxy: FaultProxy): Promise<Socket> {
  const client = connect({ host: proxy.host, port: proxy.port, allowHalfOpen: true });
  cleanups.add(() => client.destroy());
  client.on("error", () => {});
  await once(client, "connect");
  return client;
}

/** A connection of which a first byte has gone through to the server. */
async function dialAndGreet(proxy: FaultProxy, word = "."): Promise<Socket> {
  const before = new Set(proxy.links);
  const client = await dial(proxy);
  client.write(word);
  await until(() => proxy.links.some((link) => !before.has(link) && link.passedBytes("to-server") > 0));
  return client;
}
