import { once } from "node:events";
import { type Duplex, duplexPair } from "node:stream";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { Failure } from "../../../../src/base/failure.js";
import type { RemoteForwardSpec } from "../../../../src/config/tunnel-spec.js";
import { connectionsMax, RemoteForward } from "../../../../src/forward/remote/remote-forward.js";
import { quietLog } from "../../../support/quiet.js";
import { freePort } from "../../../support/sshd.js";
import { startTcpService } from "../../../support/tcp-service.js";
import { type FakeSession, fakeSession, silence } from "../../fixtures/fake-session.js";
import { useFakeTime } from "../../fixtures/fake-time.js";

const bind = { host: "localhost", port: 9000 };
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const refusal = new Failure("remote-bind-refused", "the server does not listen there");
const refuse = () => Promise.reject(refusal);

function remoteSpec(changes: Partial<RemoteForwardSpec> = {}): RemoteForwardSpec {
  const health = { check: { kind: "tcp" }, everyMs: 30_000, timeoutMs: 5_000 } as const;
  return { kind: "remote", bind, to: { host: "127.0.0.1", port: 1 }, health, ...changes };
}

function makeForward(changes: Partial<RemoteForwardSpec> = {}): RemoteForward {
  return new RemoteForward(remoteSpec(changes), { tunnel: "web", log: quietLog });
}

async function attached(forward: RemoteForward, session = fakeSession()): Promise<FakeSession> {
  void forward.attach(session);
  await pass(0);
  return session;
}

describe("a remote forward", () => {
  useFakeTime();

  it("is asked for on every session, and is open only while one stands that granted it", async () => {
    const forward = makeForward();
    expect(forward.isOpen).toBe(false);
    const first = await attached(forward);
    expect([first.asks, forward.isOpen]).toEqual([[bind], true]);
    first.end();
    await pass(0);
    expect(forward.isOpen).toBe(false);
    const second = await attached(forward);
    expect([second.asks, forward.isOpen]).toEqual([[bind], true]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is asked for once on a session that it has already", async () => {
    const forward = makeForward();
    const session = await attached(forward);
    await attached(forward, session);
    expect(session.asks).toHaveLength(1);
  });

  it("says why the server does not listen, asks again until it does, and leaves the session alone", async () => {
    const forward = makeForward();
    const session = fakeSession();
    session.grant = refuse;
    await attached(forward, session);
    await expect(forward.listens()).rejects.toBe(refusal);
    await pass(6_000);
    expect(session.asks).toHaveLength(4);
    session.grant = (wanted) => Promise.resolve(wanted);
    await pass(2_000);
    await forward.listens();
    expect([forward.isOpen, session.isOpen]).toEqual([true, true]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("asks no more once its session is gone, or it is closed", async () => {
    for (const end of [(session: FakeSession) => session.end(), (_session: FakeSession, forward: RemoteForward) => forward.close()]) {
      const forward = makeForward();
      const session = fakeSession();
      session.grant = refuse;
      await attached(forward, session);
      end(session, forward);
      await pass(60_000);
      expect(session.asks).toHaveLength(1);
      expect(vi.getTimerCount()).toBe(0);
    }
  });

  it("has the old session's server let go before the new one is asked", async () => {
    const forward = makeForward();
    const old = await attached(forward);
    let letGo: (rttMs: number) => void = () => {};
    old.answer = () => new Promise((resolve) => (letGo = resolve));
    const next = await attached(forward);
    expect([old.posts.size, next.asks]).toEqual([0, []]);
    letGo(1);
    await pass(0);
    expect([next.asks, forward.isOpen]).toEqual([[bind], true]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not wait long for an old session whose server is silent", async () => {
    const forward = makeForward();
    const old = await attached(forward);
    old.answer = silence;
    const next = await attached(forward);
    await pass(1_000);
    expect(next.asks).toEqual([bind]);
  });

  it("gives back a listener that was granted after nobody wanted it any more", async () => {
    const forward = makeForward();
    const session = fakeSession();
    let grant: () => void = () => {};
    session.grant = (wanted) => new Promise((resolve) => (grant = () => resolve(wanted)));
    await attached(forward, session);
    forward.close();
    grant();
    await pass(0);
    expect(session.posts.size).toBe(0);
  });

  it("shows the port that the server chose, and asks for the same again", async () => {
    const any = { host: "localhost", port: 0 };
    const forward = makeForward({ bind: any });
    const session = fakeSession();
    session.grant = async () => ({ host: "localhost", port: 41_000 });
    await attached(forward, session);
    expect(forward.bind).toEqual({ host: "localhost", port: 41_000 });
    const next = await attached(forward);
    expect([next.asks, forward.bind]).toEqual([[{ host: "localhost", port: 41_000 }], { host: "localhost", port: 41_000 }]);
  });

  it("leaves the choice to the server once more when that port is somebody else's now", async () => {
    const any = { host: "localhost", port: 0 };
    const forward = makeForward({ bind: any });
    const first = fakeSession();
    first.grant = async () => ({ host: "localhost", port: 41_000 });
    await attached(forward, first);
    const next = fakeSession();
    next.grant = async (wanted) => {
      if (wanted !== any) throw refusal;
      return { host: "localhost", port: 42_000 };
    };
    await attached(forward, next);
    expect(forward.bind).toEqual({ host: "localhost", port: 42_000 });
  });

  it("warns for ever of a bind that other machines can reach, and of no other", () => {
    expect(makeForward({ bind: { host: "*", port: 9000 } }).warnings).toEqual([
      "*:9000 is open to other machines of the server's network, if its GatewayPorts allows it",
    ]);
    expect(makeForward().warnings).toEqual([]);
    expect(makeForward({ bind: { path: "/run/a.sock" } }).warnings).toEqual([]);
  });
});

describe("a connection that came in at the server", () => {
  it("is led to the service here, half-open both ways, and counted", async () => {
    const service = await startTcpService((socket) => void socket.pipe(socket), { allowHalfOpen: true });
    onTestFinished(service.close);
    const forward = makeForward({ to: { host: "127.0.0.1", port: service.port } });
    const visitor = await visit(forward);
    visitor.end("that is all I say");
    expect(await allOf(visitor)).toBe("that is all I say");
    await expect.poll(() => forward.counters).toEqual({ open: 0, total: 1, waiting: 0, refused: 0, bytesIn: 17, bytesOut: 17 });
  });

  it("is closed at once when nobody listens here, and that is counted", async () => {
    const forward = makeForward({ to: { host: "127.0.0.1", port: await freePort() } });
    const visitor = await visit(forward);
    await once(visitor.resume(), "close");
    expect(forward.counters).toMatchObject({ open: 0, total: 1, waiting: 0, refused: 1 });
  });

  it("is refused when the server has opened too many, and taken again when one has ended", async () => {
    const service = await startTcpService((socket) => void socket.pipe(socket), { allowHalfOpen: true });
    onTestFinished(service.close);
    const forward = makeForward({ to: { host: "127.0.0.1", port: service.port } });
    const session = fakeSession();
    void forward.attach(session);
    await forward.listens();
    const knock = () => {
      const [outside, channel] = pairOf();
      session.posts.get("localhost:9000")?.(channel);
      return outside;
    };
    const [first] = Array.from({ length: connectionsMax }, knock);
    knock();
    expect(forward.counters).toMatchObject({ open: connectionsMax, refused: 1 });
    first?.destroy();
    await expect.poll(() => forward.counters.open).toBe(connectionsMax - 1);
    const visitor = knock();
    visitor.end("hello");
    expect(await allOf(visitor)).toBe("hello");
    forward.close();
  });

  it("stays when a new session takes over, and ends when the forward is closed", async () => {
    const service = await startTcpService((socket) => void socket.pipe(socket), { allowHalfOpen: true });
    onTestFinished(service.close);
    const forward = makeForward({ to: { host: "127.0.0.1", port: service.port } });
    const visitor = await visit(forward);
    void forward.attach(fakeSession());
    visitor.write("still here");
    expect(String((await once(visitor, "data"))[0])).toBe("still here");
    forward.close();
    await expect.poll(() => service.sockets.size).toBe(0);
  });
});

/** A connection to where the server listens for this forward. */
async function visit(forward: RemoteForward): Promise<Duplex> {
  const session = fakeSession();
  void forward.attach(session);
  await forward.listens();
  const [outside, channel] = pairOf();
  session.posts.get("localhost:9000")?.(channel);
  return outside;
}

/** Two ends of one line; a destroyed end takes the other with it, as a closed channel does. */
function pairOf(): [Duplex, Duplex] {
  const [one, other] = duplexPair({ allowHalfOpen: true });
  one.once("close", () => other.destroy());
  other.once("close", () => one.destroy());
  return [one, other];
}

async function allOf(stream: Duplex): Promise<string> {
  let text = "";
  for await (const part of stream) text += String(part);
  return text;
}
