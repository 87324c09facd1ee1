import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import type { TunnelSpec } from "../../../src/config/tunnel-spec.js";
import { freePort } from "../../support/sshd.js";
import type { FakeSession } from "../../unit/fixtures/fake-session.js";
import { useFakeTime } from "../../unit/fixtures/fake-time.js";
import { forwardSpec } from "../../unit/fixtures/forwards.js";
import { makeScene, pass } from "./scene.js";

const check = { check: { kind: "openclaw", deep: null }, everyMs: 30_000, timeoutMs: 5_000 } as const;

/** A channel of which every byte that goes out is counted as the session's, and nothing comes back. */
function hungChannel(session: FakeSession): Duplex {
  return new Duplex({
    read() {},
    write: (chunk: Buffer, _encoding, done) => {
      session.sentBytes += chunk.length;
      done();
    },
  });
}

async function makeGatewayScene(serve: (session: FakeSession) => FakeSession["serve"]) {
  const changes: Partial<TunnelSpec> = { forwards: [forwardSpec(await freePort(), 18_789, { health: check })] };
  const { scene } = await makeScene(changes);
  scene.start();
  const [login] = scene.pending;
  const session = login?.open();
  if (session === undefined) throw new Error("no log-in");
  session.serve = serve(session);
  await pass(5);
  return { scene, session };
}

describe("a gateway behind a session that stands", () => {
  useFakeTime();

  it("costs nobody the session by being hung, though every question goes out and nothing comes back", async () => {
    const { scene, session } = await makeGatewayScene((session) => async () => hungChannel(session));
    await pass(6_000);
    expect(scene.report()).toMatchObject({
      phase: "up",
      health: "degraded",
      failure: { code: "gateway-hung" },
      gateway: { state: "hung" },
    });
    await pass(3_600_000);
    expect(session.sentBytes).toBeGreaterThan(10_000);
    expect(scene.openSessions).toEqual([session]);
    expect([scene.engine.logins.length, scene.told.some(({ reason }) => reason === "peer-doubted")]).toEqual([1, false]);
  });

  it("costs nobody the session by being down, and is told by its name as soon as that is another", async () => {
    const { scene, session } = await makeGatewayScene(() => () => Promise.reject(new Failure("service-refused", "nothing listens")));
    await pass(10);
    expect(scene.report()).toMatchObject({ health: "degraded", failure: { code: "gateway-down" }, gateway: { state: "down" } });
    expect(scene.report().forwards[0]?.health).toMatchObject({ state: "failing", code: "gateway-down" });
    const toldBefore = scene.told.length;
    session.serve = async () => hungChannel(session);
    await pass(10_000);
    expect(scene.told.slice(toldBefore)).toMatchObject([{ failure: { code: "gateway-hung" } }]);
    expect(scene.openSessions).toEqual([session]);
    expect(scene.engine.logins).toHaveLength(1);
  });

  it("is unknown while nobody can ask it", async () => {
    const { scene, session } = await makeGatewayScene((session) => async () => hungChannel(session));
    await pass(6_000);
    session.end();
    await pass(0);
    expect(scene.report().gateway).toEqual({ version: null, startedAt: null, state: "unknown", deep: null });
  });
});
