import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Failure } from "../../src/base/failure.js";
import { ForwardListener, type ListenerContext } from "../../src/forward/listener.js";
import { WaitingRoom } from "../../src/forward/waiting-room.js";
import type { SshSession } from "../../src/ssh/session.js";
import { Cleanups } from "../support/cleanups.js";
import { connectBySsh2, connectContext, loginTo, neverAborted } from "../support/login.js";
import { holdPort, quietLog } from "../support/quiet.js";
import { endOf, hash, hashAll } from "../support/sockets.js";
import { freePort } from "../support/sshd.js";
import { startTcpService } from "../support/tcp-service.js";
import { startTestSshd, type TestSshd } from "../support/test-sshd.js";
import { portOf } from "../unit/fixtures/fake-session.js";

const MiB = 1024 * 1024;
const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === "::1"));
const absent = () => ({ tunnel: "web", phase: "connecting", code: null, retryInMs: null }) as const;

const cleanups = new Cleanups();
let sshd: TestSshd;
beforeAll(async () => {
  sshd = await startTestSshd();
});
afterAll(() => sshd.dispose());
afterEach(cleanups.run);

describe("a forward", () => {
  it("carries 8 MiB of random bytes each way at once, intact", async () => {
    const upload = randomBytes(8 * MiB);
    const download = randomBytes(8 * MiB);
    const received = new Promise<string>((resolve) => {
      void tcp((socket) => {
        socket.end(download);
        void hashAll(socket).then(resolve);
      }).then(async ({ port }) => {
        const client = await dial(await openForward(port));
        client.end(upload);
        expect(await hashAll(client)).toBe(hash(download));
      });
    });
    expect(await received).toBe(hash(upload));
  });

  it("counts the bytes of each direction and the connections", async () => {
    const service = await tcp((socket) => socket.on("data", () => socket.end("four")));
    const listener = await openForward(service.port);
    const client = await dial(listener);
    client.end("sixsix");
    await hashAll(client);
    await expect.poll(() => listener.counters).toEqual({ open: 0, total: 1, waiting: 0, refused: 0, bytesIn: 4, bytesOut: 6 });
  });

  it("gives a client that ends first the whole reply, and the service the end", async () => {
    const reply = randomBytes(200_000);
    const service = await tcp((socket) => {
      socket.resume().once("end", () => socket.end(reply));
    });
    const client = await dial(await openForward(service.port));
    client.end("that is all I say");
    expect(await hashAll(client)).toBe(hash(reply));
  });

  it("gives a service that ends first all that the client still says", async () => {
    const rest = randomBytes(8 * MiB);
    const heard = new Promise<string>((resolve) => {
      void tcp((socket) => {
        socket.end("bye");
        // It reads nothing until the client has said everything it can: what waits on the way must not be lost.
        void hashAll(socket).then(resolve);
      }).then(async ({ port }) => {
        const client = await dial(await openForward(port));
        await hashAll(client);
        client.end(rest);
      });
    });
    expect(await heard).toBe(hash(rest));
  });

  it("gives a service that ended first and reads late everything, also what still waited for the SSH window", async () => {
    const service = await tcp((socket) => socket.end("bye"));
    const client = await dial(await openForward(service.port));
    await hashAll(client);
    // More than the window and the kernel take while nobody reads, so that some of it is still in this process at the end.
    const flood = await floodUntilStopped(client);
    const [late] = service.sockets;
    if (late === undefined) throw new Error("the service has no connection");
    flood.finish();
    const heard = await hashAll(late);
    expect(heard).toBe(flood.hash());
  });

  it("loses nothing of a client that has left while its last bytes still waited for the SSH window", async () => {
    const service = await tcp((socket) => socket.end("bye"));
    const listener = await openForward(service.port);
    const measured = await dial(listener);
    await hashAll(measured);
    const takenBytes = await floodUntilStopped(measured).then(() => listener.counters.bytesOut);
    measured.destroy();
    const [first] = service.sockets;
    first?.destroy();
    await expect.poll(() => [listener.counters.open, service.sockets.size]).toEqual([0, 0]);
    // Nearly as much as made it stop, so that all of it is read here and the end of it cannot be sent yet.
    const bytes = randomBytes(takenBytes - MiB);
    const client = await dial(listener);
    const receiver = await only(service.sockets);
    await hashAll(client);
    client.end(bytes);
    await untilStill(() => `${listener.counters.bytesOut} ${listener.counters.open}`);
    expect(await hashAll(receiver)).toBe(hash(bytes));
  });

  it("resets the client of a destination that refuses, and touches no other connection", async () => {
    const session = await openSession();
    const service = await tcp((socket) => socket.pipe(socket));
    const good = await dial(await openForward(service.port, session));
    const refused = await openForward(await freePort(), session);
    expect(await resetOnArrival(refused)).toBe("ECONNRESET");
    good.end("still here");
    expect(await hashAll(good)).toBe(hash("still here"));
    await expect.poll(() => refused.counters).toMatchObject({ open: 0, total: 1, waiting: 0 });
  });

  it("resets the service's side when the client resets", async () => {
    const service = await tcp();
    const client = await dial(await openForward(service.port));
    client.write("x");
    await expect.poll(() => service.sockets.size).toBe(1);
    client.resetAndDestroy();
    await expect.poll(() => service.sockets.size).toBe(0);
  });

  it("ends the client when the service crashes", async () => {
    const service = await tcp((socket) => socket.once("data", () => socket.resetAndDestroy()));
    const client = await dial(await openForward(service.port));
    const closed = once(client, "close");
    client.on("error", () => {});
    client.on("end", () => client.end());
    client.resume().write("x");
    await closed;
  });

  it("stops a service that a client does not read from, and loses nothing when it reads again", async () => {
    const service = await tcp(() => {});
    const listener = await openForward(service.port);
    const client = await dial(listener);
    const sender = await only(service.sockets);
    const flood = await floodUntilStopped(sender);
    expect(flood.sentBytes()).toBeLessThan(64 * MiB);
    flood.finish();
    expect(await hashAll(client)).toBe(flood.hash());
    expect(listener.counters.bytesIn).toBe(flood.sentBytes());
  });

  it("stops a client that the service does not read from, and loses nothing when it reads again", async () => {
    const service = await tcp(() => {});
    const listener = await openForward(service.port);
    const client = await dial(listener);
    const receiver = await only(service.sockets);
    const flood = await floodUntilStopped(client);
    expect(flood.sentBytes()).toBeLessThan(64 * MiB);
    flood.finish();
    expect(await hashAll(receiver)).toBe(flood.hash());
    expect(listener.counters.bytesOut).toBe(flood.sentBytes());
  });

  it("lets other connections through while one is stopped", async () => {
    const session = await openSession();
    const silent = await tcp(() => {});
    const stuck = await dial(await openForward(silent.port, session));
    await floodUntilStopped(await only(silent.sockets));
    const echo = await tcp((socket) => socket.pipe(socket));
    const client = await dial(await openForward(echo.port, session));
    const bytes = randomBytes(4 * MiB);
    client.end(bytes);
    expect(await hashAll(client)).toBe(hash(bytes));
    stuck.destroy();
    await expect.poll(() => silent.sockets.size).toBe(0);
  });

  it("carries many connections at once, each its own bytes", async () => {
    const service = await tcp((socket) => socket.pipe(socket));
    const listener = await openForward(service.port);
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const bytes = randomBytes(10_000 + index);
        const client = await dial(listener);
        client.end(bytes);
        expect(await hashAll(client)).toBe(hash(bytes));
      }),
    );
    await expect.poll(() => listener.counters).toMatchObject({ open: 0, total: 50 });
  });

  it("resets its clients when the session dies, and does not end them as if all had been said", async () => {
    const service = await tcp((socket) => socket.resume().write("the first half"));
    const session = await openSession();
    const client = await dial(await openForward(service.port, session));
    await once(client, "data");
    const heard: string[] = [];
    client.on("end", () => heard.push("end"));
    const reset = endOf(client);
    await sshd.killSessions();
    expect(await reset).toBe("ECONNRESET");
    expect(heard).toEqual([]);
  });
});

describe("the waiting room", () => {
  it("lets connections that came too early through when a session stands, in the order they came", async () => {
    const order: string[] = [];
    const service = await tcp((socket) => socket.on("data", (name) => order.push(String(name))));
    const room = new WaitingRoom({ waitMs: 20_000, guestsMax: 10 });
    const listener = await listenerFor(service.port, room);
    for (const [index, name] of ["a", "b", "c", "d"].entries()) {
      const client = await dial(listener);
      client.write(name);
      await expect.poll(() => listener.counters.waiting).toBe(index + 1);
    }
    room.open(await openSession());
    await expect.poll(() => order.join("")).toBe("abcd");
    expect(listener.counters.waiting).toBe(0);
  });

  it("resets a connection that has waited its time", async () => {
    const room = new WaitingRoom({ waitMs: 30, guestsMax: 10 });
    const listener = await listenerFor(await freePort(), room);
    expect(await resetOnArrival(listener)).toBe("ECONNRESET");
    await expect.poll(() => listener.counters).toMatchObject({ open: 0, waiting: 0 });
  });

  it("resets the connection that would be one too many, and keeps the others", async () => {
    const room = new WaitingRoom({ waitMs: 20_000, guestsMax: 1 });
    const service = await tcp((socket) => socket.pipe(socket));
    const listener = await listenerFor(service.port, room);
    const first = await dial(listener);
    await expect.poll(() => listener.counters.waiting).toBe(1);
    expect(await resetOnArrival(listener)).toBe("ECONNRESET");
    room.open(await openSession());
    first.end("hi");
    expect(await hashAll(first)).toBe(hash("hi"));
  });

  it("resets those inside and those who come once there is nothing to wait for", async () => {
    const room = new WaitingRoom({ waitMs: 20_000, guestsMax: 10 });
    const listener = await listenerFor(await freePort(), room);
    const inside = await dial(listener);
    const reset = endOf(inside);
    await expect.poll(() => listener.counters.waiting).toBe(1);
    room.shut(new Failure("auth-rejected", "no"));
    expect(await reset).toBe("ECONNRESET");
    expect(await resetOnArrival(listener)).toBe("ECONNRESET");
  });

  it("keeps a connection that finds the session dead for the next one", async () => {
    const service = await tcp((socket) => socket.pipe(socket));
    const room = new WaitingRoom({ waitMs: 20_000, guestsMax: 10 });
    const listener = await listenerFor(service.port, room);
    const first = await openSession();
    room.open(first);
    first.close();
    const client = await dial(listener);
    await expect.poll(() => listener.counters.waiting).toBe(1);
    await first.ended;
    room.open(await openSession());
    client.end("hello again");
    expect(await hashAll(client)).toBe(hash("hello again"));
  });
});

describe.skipIf(process.platform === "win32")("a forward at a unix socket", () => {
  it("ends a client whose service refuses, and every client when it is closed", async () => {
    const service = await tcp((socket) => void socket.write("hello"));
    const path = join(cleanups.folder(), "a.sock");
    const room = emptyRoom();
    room.open(await openSession());
    const listener = new ForwardListener({ ...specFor({ host: "127.0.0.1", port: 1 }, service.port), bind: { path } }, contextFor(room));
    cleanups.add(() => listener.close());
    await listener.open();
    const served = connect({ path });
    await once(served, "data");
    listener.spec = { ...listener.spec, ...specFor({ host: "127.0.0.1", port: 1 }, await freePort()), bind: { path } };
    expect(await endOf(connect({ path }))).toBe("end");
    expect(listener.counters).toMatchObject({ total: 2, refused: 1 });
    listener.close();
    expect(await endOf(served)).toBe("end");
    await expect.poll(() => listener.counters.open).toBe(0);
  });
});

describe("the local address", () => {
  it("that someone else holds is port-busy, with pid and command", async () => {
    const holder = await listenInChild("127.0.0.1", 0);
    const opening = forwardOn(holder.port).open();
    await expect(opening).rejects.toMatchObject({ code: "port-busy", recovery: "needs-user" });
    await expect(opening).rejects.toThrow(new RegExp(`127.0.0.1:${holder.port} .*pid ${holder.pid} \\(.*someone-else\\.cjs`));
  });

  it("can be had as soon as the other one has let it go", async () => {
    const holder = await listenInChild("127.0.0.1", 0);
    const listener = forwardOn(holder.port);
    await expect(listener.open()).rejects.toMatchObject({ code: "port-busy" });
    expect(listener.isOpen).toBe(false);
    await end(holder.child);
    await listener.open();
    expect(listener.isOpen).toBe(true);
  });

  it.skipIf(!hasIpv6)("is taken on 127.0.0.1 and ::1 both", async () => {
    const service = await tcp((socket) => socket.pipe(socket));
    const listener = await openForward(service.port);
    expect(listener.warnings).toEqual([]);
    for (const host of ["127.0.0.1", "::1"]) {
      const client = await dial(listener, host);
      client.end(host);
      expect(await hashAll(client)).toBe(hash(host));
    }
  });

  it.skipIf(!hasIpv6)("is open, with a warning that names the owner, when only ::1 is someone else's", async () => {
    const holder = await listenInChild("::1", await freePort());
    const listener = forwardOn(holder.port);
    await listener.open();
    expect(listener.isOpen).toBe(true);
    expect(listener.warnings).toEqual([expect.stringMatching(`\\[::1\\]:${holder.port} .*pid ${holder.pid} .*"localhost" may go there`)]);
  });

  it("that this machine does not have is bind-unavailable", async () => {
    const listener = new ForwardListener(specFor({ host: "192.0.2.1", port: 4_000 }, 1), contextFor(emptyRoom()));
    cleanups.add(() => listener.close());
    await expect(listener.open()).rejects.toMatchObject({ code: "bind-unavailable" });
  });

  it("is given back by close, which resets the clients that wait and those that are served", async () => {
    const service = await tcp((socket) => {
      socket.resume().once("end", () => socket.end());
      socket.write("hello");
    });
    const room = emptyRoom();
    const listener = await listenerFor(service.port, room);
    room.open(await openSession());
    const served = await dial(listener);
    await once(served, "data");
    room.wait();
    const waiting = await dial(listener);
    await expect.poll(() => listener.counters.waiting).toBe(1);
    const resets = Promise.all([endOf(served), endOf(waiting)]);
    listener.close();
    expect(await resets).toEqual(["ECONNRESET", "ECONNRESET"]);
    await expect.poll(() => [service.sockets.size, listener.counters.open, listener.counters.waiting]).toEqual([0, 0, 0]);
    const next = forwardOn(portOf(listener.bind) ?? 0);
    await next.open();
    expect(next.warnings).toEqual([]);
  });

  it("is given back, too, when it is closed while it opens", async () => {
    const listener = forwardOn(await freePort());
    const opening = listener.open();
    listener.close();
    await opening;
    expect(listener.isOpen).toBe(false);
    await forwardOn(portOf(listener.bind) ?? 0).open();
  });

  it("may be opened twice at once and is held once", async () => {
    const listener = forwardOn(await freePort());
    await Promise.all([listener.open(), listener.open()]);
    listener.close();
    await forwardOn(portOf(listener.bind) ?? 0).open();
  });
});

async function openSession(): Promise<SshSession> {
  const session = await connectBySsh2(loginTo(sshd), connectContext(), neverAborted);
  cleanups.add(async () => {
    session.close();
    await session.ended;
  });
  return session;
}

async function openForward(toPort: number, session?: SshSession): Promise<ForwardListener> {
  const room = emptyRoom();
  room.open(session ?? (await openSession()));
  return listenerFor(toPort, room);
}

async function listenerFor(toPort: number, room: WaitingRoom): Promise<ForwardListener> {
  const listener = forwardOn(await freePort(), toPort, room);
  await listener.open();
  return listener;
}

function forwardOn(port: number, toPort = 1, room = emptyRoom()): ForwardListener {
  const listener = new ForwardListener(specFor({ host: "127.0.0.1", port }, toPort), contextFor(room));
  cleanups.add(() => listener.close());
  return listener;
}

function contextFor(room: WaitingRoom): ListenerContext {
  return { room, onSlowDial: () => {}, absence: absent, busyPolicy: holdPort, log: quietLog };
}

function specFor(bind: { host: string; port: number }, toPort: number) {
  const health = { check: { kind: "tcp" }, everyMs: 30_000, timeoutMs: 5_000 } as const;
  return { kind: "local" as const, bind, to: { host: "127.0.0.1", port: toPort }, health, hasOfflinePage: true };
}

function emptyRoom(): WaitingRoom {
  return new WaitingRoom({ waitMs: 20_000, guestsMax: 10 });
}

async function dial(listener: ForwardListener, host = "127.0.0.1"): Promise<Socket> {
  const client = connect({ host, port: portOf(listener.bind) ?? 0, allowHalfOpen: true });
  cleanups.add(() => client.destroy());
  await once(client, "connect");
  return client;
}

async function tcp(onSocket?: (socket: Socket) => void) {
  const service = await startTcpService(onSocket, { allowHalfOpen: onSocket !== undefined });
  cleanups.add(() => service.close());
  return service;
}

async function only(sockets: ReadonlySet<Socket>): Promise<Socket> {
  await expect.poll(() => sockets.size).toBe(1);
  const [socket] = sockets;
  if (socket === undefined) throw new Error("there is no connection");
  return socket;
}

/** Like `resetOf` for a client that may be cut before it knows that it is connected. */
function resetOnArrival(listener: ForwardListener): Promise<string> {
  return endOf(connect({ host: "127.0.0.1", port: portOf(listener.bind) ?? 0 }));
}

interface Flood {
  sentBytes(): number;
  hash(): string;
  /** Sends no more, and ends as soon as what was begun is written. */
  finish(): void;
}

/** Writes until nothing is taken any more: no byte went out in many turns, while the socket asks for a drain. */
async function floodUntilStopped(socket: Socket): Promise<Flood> {
  const chunk = randomBytes(256 * 1024);
  const sum = createHash("sha256");
  let sent = 0;
  let isFinished = false;
  const write = () => {
    while (!isFinished) {
      sum.update(chunk);
      sent += chunk.length;
      if (!socket.write(chunk)) return;
      // Without backpressure this would never end.
      if (sent > 256 * MiB) throw new Error("nothing stops the sender");
    }
  };
  socket.on("drain", write);
  write();
  await untilStill(() => (socket.writableNeedDrain ? socket.bytesWritten - socket.writableLength : Symbol("not yet")));
  return {
    sentBytes: () => sent,
    hash: () => sum.copy().digest("hex"),
    finish: () => {
      isFinished = true;
      socket.end();
    },
  };
}

/** Until many looks in a row have seen the same. */
async function untilStill(look: () => unknown): Promise<void> {
  let last: unknown;
  let sameFor = 0;
  const looksInARow = 20;
  await expect
    .poll(
      () => {
        const seen = look();
        sameFor = seen === last ? sameFor + 1 : 0;
        last = seen;
        return sameFor;
      },
      { interval: 20, timeout: 20_000 },
    )
    .toBeGreaterThanOrEqual(looksInARow);
}

async function listenInChild(host: string, port: number): Promise<{ child: ChildProcess; pid: number; port: number }> {
  const script = `
    const server = require("node:net").createServer();
    server.listen(Number(process.argv[3]), process.argv[2], () => console.log(server.address().port));
    process.stdin.on("end", () => process.exit()).resume();
  `;
  const path = join(cleanups.folder(), "someone-else.cjs");
  writeFileSync(path, script);
  const child = spawn(process.execPath, [path, host, String(port)], { stdio: ["pipe", "pipe", "inherit"] });
  cleanups.add(() => end(child));
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  return { child, pid: child.pid ?? 0, port: Number(line) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.stdin?.end();
  await exited;
}
