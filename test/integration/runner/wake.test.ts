import { describe, expect, it } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import { silence } from "../../unit/fixtures/fake-session.js";
import { useFakeTime } from "../../unit/fixtures/fake-time.js";
import { makeDoubtedScene, makeOpenScene, makeScene, pass, refusal, type Scene } from "./scene.js";

describe("a wake", () => {
  useFakeTime();
  const wake = (scene: Scene) => scene.runner.reconsider("woke");

  it("begins a log-in anew that was on its way", async () => {
    const { scene } = await makeScene();
    scene.start();
    const [before] = scene.pending;
    wake(scene);
    expect(before?.signal.aborted).toBe(true);
    expect(scene.pending).toHaveLength(1);
    expect(scene.state).toMatchObject({ phase: "connecting", reason: "woke", failures: 0 });
  });

  it("ends a wait, however long", async () => {
    const { scene } = await makeScene({ backoff: { firstDelayMs: 3_600_000, maxDelayMs: 3_600_000, steadyAfterMs: 1_000 } });
    scene.start();
    for (const _ of [1, 2]) {
      scene.pending[0]?.fail(new Failure("handshake-lost", "closed"));
      await pass(1);
    }
    expect(scene.pending).toEqual([]);
    wake(scene);
    expect(scene.pending).toHaveLength(1);
  });

  it("leaves alone what is held, and what is stopped", async () => {
    const { scene } = await makeScene();
    wake(scene);
    expect(scene.state.phase).toBe("stopped");
    scene.start();
    scene.pending[0]?.fail(refusal);
    await pass(10);
    wake(scene);
    expect(scene.state.phase).toBe("held");
    expect(scene.pending).toEqual([]);
  });

  it("asks a session that stands, and keeps it when it answers", async () => {
    const { scene, session } = await makeOpenScene();
    const { questions } = session;
    wake(scene);
    await pass(10);
    expect(session.questions).toBe(questions + 1);
    await pass(10_000);
    expect(scene.openSessions).toEqual([session]);
  });

  it("replaces a session that fell silent, within a second, through a log-in begun after it", async () => {
    const { scene, session } = await makeOpenScene();
    session.answer = silence;
    wake(scene);
    await pass(300);
    const successor = await scene.open();
    await pass(100);
    expect(scene.openSessions).toEqual([successor]);
    expect(scene.report()).toMatchObject({ health: "verified" });
  });

  it("begins a successor anew that was on its way before it", async () => {
    const { scene } = await makeDoubtedScene();
    const [before] = scene.pending;
    wake(scene);
    expect(before?.signal.aborted).toBe(true);
    expect(scene.pending).toHaveLength(1);
    await scene.open();
    expect(scene.report()).toMatchObject({ health: "verified" });
  });
});
