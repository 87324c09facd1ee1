import { describe, expect, it } from "vitest";
import { answered, silence } from "../../unit/fixtures/fake-session.js";
import { useFakeTime } from "../../unit/fixtures/fake-time.js";
import { makeDoubtedScene, makeOpenScene, pass } from "./scene.js";

describe("a doubted peer", () => {
  useFakeTime();

  it("is verified again, by the same session, when it speaks before the successor stands, and that is dropped", async () => {
    const { scene, session } = await makeDoubtedScene();
    const [successor] = scene.pending;
    session.receivedBytes += 1;
    await pass(50);
    expect(scene.report()).toMatchObject({ health: "verified", reason: "session-stands", renewal: null });
    expect(successor?.signal.aborted).toBe(true);
    expect(scene.openSessions).toEqual([session]);
  });

  it("is replaced by the successor that stands before it speaks", async () => {
    const { scene, session } = await makeDoubtedScene();
    const successor = await scene.open();
    expect(scene.openSessions).toEqual([successor]);
    expect(session.isClosed).toBe(true);
    expect(scene.report()).toMatchObject({ phase: "up", health: "verified" });
    expect(scene.told.some(({ failure }) => failure?.code === "peer-silent")).toBe(true);
  });

  it("does not look verified to who asks for a restart meanwhile", async () => {
    const { scene } = await makeDoubtedScene();
    scene.restart();
    expect(await scene.reportNow()).toMatchObject({ phase: "up", health: "unknown", renewal: { reason: "restart-asked" } });
    expect(scene.told.at(-1)).toMatchObject({ health: "unknown" });
    expect(scene.pending).toHaveLength(1);
    await scene.open();
    expect(scene.report()).toMatchObject({ health: "verified", renewal: null });
  });

  it("does not look verified when it falls silent while a restart is under way", async () => {
    const { scene, session } = await makeOpenScene();
    scene.restart();
    session.answer = silence;
    expect(await scene.reportNow()).toMatchObject({ phase: "up", health: "unknown", reason: "peer-doubted" });
    expect(scene.told.at(-1)).toMatchObject({ health: "unknown" });
    session.answer = answered(1);
    session.receivedBytes += 1;
    await pass(50);
    expect(scene.report()).toMatchObject({ health: "verified", renewal: { reason: "restart-asked", failure: null } });
  });

  it("is trusted again by its next answer also when an edit has begun the watch anew", async () => {
    const { scene, session } = await makeDoubtedScene();
    const [successor] = scene.pending;
    successor?.fail();
    await pass(0);
    session.answer = answered(1);
    scene.runner.adopt({ ...scene.runner.spec, keepalive: { intervalMs: 7_000, countMax: 2, replyTimeoutMs: 1_500 } });
    await pass(100);
    expect(scene.report()).toMatchObject({ health: "verified", reason: "session-stands", renewal: null });
  });

  it("is lost once, when it ends in the turn in which the successor opens", async () => {
    const { scene, session } = await makeDoubtedScene();
    session.end();
    const successor = await scene.open();
    await pass(100);
    expect(scene.openSessions).toEqual([successor]);
    expect(scene.report()).toMatchObject({ phase: "up", health: "verified" });
    expect(scene.told.filter(({ phase }) => phase === "waiting")).toHaveLength(1);
    expect(scene.engine.logins).toHaveLength(2);
  });
});
