import { describe, expect, it } from "vitest";
import { freePort } from "../../support/sshd.js";
import { deferred } from "../../unit/fixtures/deferred.js";
import { portOf, quietChannel } from "../../unit/fixtures/fake-session.js";
import { useFakeTime } from "../../unit/fixtures/fake-time.js";
import { forwardSpec } from "../../unit/fixtures/forwards.js";
import { expectNothingLeft, gone, hostKey, loginTo, makeOpenScene, pass, refusal } from "./scene.js";

describe("a renewal", () => {
  useFakeTime();

  it("takes the new session, verified, and closes the old one, while the status stays as good as it is", async () => {
    const { scene, session } = await makeOpenScene();
    const told = scene.told.length;
    scene.restart();
    const successor = await scene.open();
    expect([session.isClosed, scene.openSessions]).toEqual([true, [successor]]);
    expect(successor.dials.length).toBeGreaterThan(0);
    expect(scene.told.slice(told).map(({ health }) => health)).toEqual(scene.told.slice(told).map(() => "verified"));
  });

  it("is not undone by the end of the session before it, which ends in the same turn", async () => {
    const { scene, session } = await makeOpenScene();
    scene.restart();
    session.end();
    const successor = await scene.open();
    await pass(100);
    expect(scene.openSessions).toEqual([successor]);
    expect(scene.report()).toMatchObject({ phase: "up", health: "verified" });
    expect(scene.engine.logins).toHaveLength(2);
  });

  it("is not undone by the old session's end while a new forward is still to be opened", async () => {
    const { scene } = await makeOpenScene();
    const { spec } = scene.runner;
    scene.runner.adopt({ ...spec, login: loginTo("there"), forwards: [...spec.forwards, forwardSpec(await freePort())] });
    const successor = await scene.open();
    await pass(100);
    expect(scene.openSessions).toEqual([successor]);
    expect(scene.report()).toMatchObject({ phase: "up", health: "verified" });
    expect(scene.told.map(({ phase }) => phase)).not.toContain("waiting");
  });

  it("begins anew when the spec is edited meanwhile, and leads where the last edit says", async () => {
    const { scene, session } = await makeOpenScene();
    scene.restart();
    const [first] = scene.pending;
    scene.runner.adopt({ ...scene.runner.spec, login: loginTo("there") });
    expect(first?.signal.aborted).toBe(true);
    scene.runner.adopt({ ...scene.runner.spec, login: loginTo("elsewhere") });
    expect(scene.pending.map(({ login }) => login.target.host)).toEqual(["elsewhere"]);
    const successor = await scene.open();
    expect([session.isClosed, scene.openSessions]).toEqual([true, [successor]]);
  });

  it("goes on when an edit only changes how a session is watched", async () => {
    const { scene } = await makeOpenScene();
    scene.restart();
    const [successor] = scene.pending;
    scene.runner.adopt({ ...scene.runner.spec, waitForTunnelMs: 1 });
    await pass(10);
    expect(successor?.signal.aborted).toBe(false);
    await scene.open();
    expect(scene.report()).toMatchObject({ health: "verified", renewal: null });
  });

  it("knows nothing of the services at another place before it has asked there", async () => {
    const { scene } = await makeOpenScene();
    scene.runner.adopt({ ...scene.runner.spec, login: loginTo("there") });
    const [login] = scene.pending;
    const answer = deferred<ReturnType<typeof quietChannel>>();
    const session = login?.open();
    if (session !== undefined) session.serve = () => answer.promise;
    await pass(10);
    expect(scene.report()).toMatchObject({ phase: "up", health: "unknown", renewal: null });
    answer.resolve(quietChannel());
    await pass(10);
    expect(scene.report()).toMatchObject({ health: "verified" });
  });

  it("leaves nothing when the tunnel is stopped meanwhile", async () => {
    const { scene, port } = await makeOpenScene();
    scene.restart();
    scene.stop();
    await expectNothingLeft(scene, [port]);
  });

  it("fails, and the old session goes on, when the new one ends while it is verified", async () => {
    const { scene, session } = await makeOpenScene();
    scene.restart();
    const [login] = scene.pending;
    const successor = login?.open();
    if (successor !== undefined) successor.serve = () => new Promise((_, reject) => setTimeout(() => reject(gone()), 100));
    await pass(50);
    successor?.end();
    await pass(100);
    expect(scene.openSessions).toEqual([session]);
    expect(scene.report()).toMatchObject({ health: "verified", renewal: { reason: "restart-asked", failure: { code: "session-gone" } } });
  });

  it("that failed so is no reason to hold the tunnel when the old session is lost later", async () => {
    const { scene, session } = await makeOpenScene();
    scene.restart();
    const successor = scene.pending[0]?.open();
    if (successor !== undefined) successor.serve = () => Promise.reject(gone());
    await pass(60_000);
    session.end();
    await pass(10);
    expect(scene.state.phase).toBe("connecting");
    await scene.open();
    expect(scene.report()).toMatchObject({ health: "verified" });
  });

  it("that ends as soon as it has taken over is a loss like any other", async () => {
    const { scene } = await makeOpenScene();
    scene.restart();
    const successor = await scene.open();
    successor.end();
    await pass(1_000);
    await scene.open();
    expect(scene.report()).toMatchObject({ health: "verified" });
  });

  it("shows the unknown key of the place that the tunnel leads to now", async () => {
    const { scene, session } = await makeOpenScene();
    scene.runner.adopt({ ...scene.runner.spec, login: loginTo("there") });
    scene.pending[0]?.showUnknownKey(hostKey);
    await pass(10);
    expect(session.isClosed).toBe(true);
    expect(scene.report()).toMatchObject({ phase: "held", failure: { code: "host-key-unknown" }, prompt: { fingerprint: "SHA256:abc" } });
  });

  it("that met an unknown key asks nobody; the next attempt that meets it does, when the old session is lost", async () => {
    const { scene, session } = await makeOpenScene();
    scene.restart();
    scene.pending[0]?.showUnknownKey(hostKey);
    await pass(10);
    expect(scene.report()).toMatchObject({ phase: "up", health: "verified", prompt: null });
    session.end();
    await pass(10);
    scene.pending[0]?.showUnknownKey(hostKey);
    await pass(10);
    expect(scene.report()).toMatchObject({ phase: "held", failure: { code: "host-key-unknown" }, prompt: { fingerprint: "SHA256:abc" } });
    scene.start();
    await scene.open();
    scene.runner.handle({ type: "lost", failure: refusal });
    expect(scene.report()).toMatchObject({ phase: "held", prompt: null });
  });

  it("does not go on to the old place when the session is lost, and edited before the next try", async () => {
    const { scene, session } = await makeOpenScene();
    scene.restart();
    session.end();
    for (let turn = 0; turn < 20 && scene.state.phase === "up"; turn += 1) await Promise.resolve();
    expect(scene.state.phase).toBe("waiting");
    scene.runner.adopt({ ...scene.runner.spec, login: loginTo("there") });
    expect(scene.pending.map(({ login }) => login.target.host)).toEqual(["there"]);
  });

  it("lets a connection go on through the old session, for a minute at most, also when renewed again", async () => {
    const { scene, session } = await makeOpenScene();
    session.openChannels = 1;
    for (let round = 0; round < 2; round += 1) {
      scene.restart();
      await scene.open();
    }
    expect(scene.openSessions).toHaveLength(2);
    await pass(60_000);
    expect(session.isClosed).toBe(true);
    expect(scene.openSessions).toHaveLength(1);
  });
});

describe("an edit", () => {
  useFakeTime();

  it("shows no answer of the service that a forward led to before it", async () => {
    const { scene, session, port } = await makeOpenScene();
    const { spec } = scene.runner;
    // The check of the old service is on its way when the edit comes.
    const late = deferred<ReturnType<typeof quietChannel>>();
    session.serve = (to) => (portOf(to) === 80 ? late.promise : new Promise(() => {}));
    await pass(30_000);
    const elsewhere = forwardSpec(port, 81);
    scene.runner.adopt({ ...spec, forwards: [elsewhere, forwardSpec(await freePort(), 82)] });
    late.resolve(quietChannel());
    await pass(10);
    expect(scene.report()).toMatchObject({ phase: "up", health: "unknown", forwards: [{ health: { state: "unknown" } }, {}] });
  });
});
