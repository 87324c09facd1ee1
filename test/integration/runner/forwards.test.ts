import { once } from "node:events";
import { createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { type Endpoint, formatEndpoint } from "../../../src/base/address.js";
import { Failure } from "../../../src/base/failure.js";
import type { ForwardSpec } from "../../../src/config/tunnel-spec.js";
import { freePort } from "../../support/sshd.js";
import { startTcpService } from "../../support/tcp-service.js";
import type { FakeSession } from "../../unit/fixtures/fake-session.js";
import { useFakeTime } from "../../unit/fixtures/fake-time.js";
import { forwardSpec } from "../../unit/fixtures/forwards.js";
import { makeOpenScene, makeScene, pass, type Scene } from "./scene.js";

const health = { check: { kind: "tcp" }, everyMs: 30_000, timeoutMs: 5_000 } as const;
const remoteBind = { host: "localhost", port: 9000 };
const remoteTo = (port: number, bind: Endpoint = remoteBind): ForwardSpec => ({
  kind: "remote",
  bind,
  to: { host: "127.0.0.1", port },
  health,
});

useFakeTime();

it("has a remote forward listen again after a loss, as soon as the server has given up the old session", async () => {
  const { scene } = await makeRemoteScene();
  const first = await openOn(scene);
  expect(scene.report()).toMatchObject({ health: "verified", forwards: [{ kind: "local" }, { kind: "remote", listening: true }] });
  first.end();
  await pass(300);
  // The server has not noticed: what it listened at for the old session it still holds.
  const held = new Set(["localhost:9000"]);
  const next = await openOn(scene, held);
  expect(scene.report()).toMatchObject({
    phase: "up",
    health: "degraded",
    failure: { code: "remote-bind-refused" },
    forwards: [
      { listening: true, health: { state: "ok" } },
      { listening: false, health: { state: "failing" }, url: "localhost:9000" },
    ],
  });
  await pass(10_000);
  expect([next.isOpen, scene.sessions.length]).toEqual([true, 2]);
  held.clear();
  await pass(4_000);
  expect(scene.report()).toMatchObject({ phase: "up", health: "verified", forwards: [{}, { listening: true, health: { state: "ok" } }] });
  expect([...next.posts.keys()]).toEqual(["localhost:9000"]);
  expect(scene.told.every(({ phase }) => phase !== "held")).toBe(true);
});

it("moves a remote forward to the new session when that takes over, though the server grants it to one session alone", async () => {
  const { scene } = await makeRemoteScene();
  const old = await openOn(scene);
  scene.restart();
  const next = await openOn(scene, new Set(), () => expect([old.isOpen, old.posts.size]).toEqual([true, 0]));
  await pass(5);
  expect(old.isOpen).toBe(false);
  expect([old.posts.size, [...next.posts.keys()], next.asks.length]).toEqual([0, ["localhost:9000"], 1]);
  expect(scene.report()).toMatchObject({ phase: "up", health: "verified", reconnects: 0 });
});

it("calls a remote forward degraded while nobody listens here, and names who should", async () => {
  const { scene, service } = await makeRemoteScene();
  const session = await openOn(scene);
  service.close();
  await pass(30_000);
  expect(scene.report()).toMatchObject({
    health: "degraded",
    failure: { code: "service-refused", message: `nothing listens on 127.0.0.1:${service.port} of this machine` },
    forwards: [{}, { listening: true, health: { state: "failing" } }],
  });
  expect(session.isOpen).toBe(true);
});

it("has the server listen where an edit says, and no more where it said before", async () => {
  const { scene, service } = await makeRemoteScene();
  const session = await openOn(scene);
  const { spec } = scene.runner;
  const [local] = spec.forwards;
  if (local === undefined) throw new Error("there is no forward");
  scene.runner.adopt({ ...spec, forwards: [local, remoteTo(service.port, { host: "localhost", port: 9001 })] });
  await pass(5);
  expect([...session.posts.keys()]).toEqual(["localhost:9001"]);
  scene.runner.adopt({ ...spec, forwards: [local] });
  await pass(5);
  expect(session.posts.size).toBe(0);
  expect([scene.sessions.length, scene.report().health]).toEqual([1, "verified"]);
});

it("verifies a dynamic forward by an answer of the server, and takes it through a successor without asking for any service", async () => {
  const port = await freePort();
  const { scene } = await makeScene({ forwards: [{ kind: "dynamic", bind: { host: "127.0.0.1", port }, health }] });
  scene.start();
  await scene.open();
  expect(scene.report()).toMatchObject({
    health: "verified",
    forwards: [{ kind: "dynamic", to: null, url: `socks5://127.0.0.1:${port}`, listening: true, health: { state: "ok" } }],
  });
  scene.restart();
  const next = await scene.open();
  expect(next.dials).toEqual([]);
  expect(scene.report()).toMatchObject({ phase: "up", health: "verified" });
});

it("goes on with the forwards that it has when one is added whose port is busy, and gets that one when it is free", async () => {
  const { scene, session } = await makeOpenScene();
  const busy = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void busy.close());
  await once(busy, "listening");
  const { port } = busy.address() as { port: number };
  const { spec } = scene.runner;
  scene.runner.adopt({ ...spec, forwards: [...spec.forwards, forwardSpec(port, 81)] });
  await expect.poll(() => pass(50).then(() => scene.report().health)).toBe("degraded");
  expect(scene.report()).toMatchObject({
    phase: "up",
    failure: { code: "port-busy" },
    forwards: [
      { listening: true, health: { state: "ok" } },
      { listening: false, health: { state: "failing" } },
    ],
  });
  expect(session.isOpen).toBe(true);
  busy.close();
  await once(busy, "close");
  await expect.poll(() => pass(500).then(() => scene.report().health)).toBe("verified");
  expect([scene.sessions.length, scene.told.some(({ phase }) => phase === "held")]).toEqual([1, false]);
});

/** One local and one remote forward, at a server that listens at a bind for one session only. */
async function makeRemoteScene() {
  const service = await startTcpService();
  onTestFinished(service.close);
  const localPort = await freePort();
  const { scene } = await makeScene({ forwards: [forwardSpec(localPort), remoteTo(service.port)] });
  scene.start();
  return { scene, service };
}

async function openOn(scene: Scene, held: ReadonlySet<string> = new Set(), onAsk = () => {}): Promise<FakeSession> {
  const [login] = scene.pending;
  if (login === undefined) throw new Error("no log-in is on its way");
  const session = login.open();
  session.grant = (bind) => {
    onAsk();
    const isTaken = held.has(formatEndpoint(bind)) || scene.sessions.some(({ posts }) => posts.has(formatEndpoint(bind)));
    return isTaken ? Promise.reject(new Failure("remote-bind-refused", "the server does not listen there")) : Promise.resolve(bind);
  };
  await expect.poll(() => pass(5).then(() => scene.report().health)).not.toBe("unknown");
  return session;
}
