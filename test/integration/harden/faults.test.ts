import { describe, expect, it } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import { parseJson5 } from "../../../src/openclaw/config/json5.js";
import { applyHarden } from "../../../src/openclaw/harden/harden.js";
import type { FakeGatewayHabits } from "../../support/fake-gateway.js";
import { type Fault, FaultHost, type FaultKind, faultKinds } from "../../support/fault-host.js";
import { HardenScene, original, task } from "./scene.js";

type Ended = "hardened" | "as before";

/** One hardening with one fault, and a second one if it was killed. */
async function runWith(scene: HardenScene, fault: Fault, agreement: string): Promise<Ended> {
  scene.reset();
  const killed = new AbortController();
  const host = new FaultHost(scene.local, fault, () => killed.abort(new Failure("internal", "killed")));
  let outcome: string;
  try {
    outcome = (await applyHarden(scene.world(host), task, agreement, () => {}, killed.signal)).outcome;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    outcome = "refused";
  }
  expect(host.marks.length, "the fault came").toBeGreaterThan(fault.at);
  if (killed.signal.aborted) outcome = (await scene.harden()).outcome;
  expect(outcome, "it says which of the two it is").not.toBe("unproved");
  const ended = outcome === "hardened" ? "hardened" : "as before";
  expectAll(scene, ended);
  return ended;
}

function expectAll(scene: HardenScene, ended: Ended): void {
  const isHardened = ended === "hardened";
  expect(scene.gateway.health().state, "the gateway answers").toBe("ok");
  expect(scene.gateway.hosts).toEqual([isHardened ? "127.0.0.1" : "0.0.0.0"]);
  expect((parseJson5(scene.text) as { gateway: { bind: string } }).gateway.bind).toBe(isHardened ? "loopback" : "lan");
  expect(scene.text).toContain("t0p-s3cret-of-the-house");
  expect(scene.beside.filter((name) => !name.includes("-backup-") && !name.includes("-replaced-"))).toEqual([]);
}

/** Every command of a whole run, and every mark in those that have some: a shell that dies elsewhere has done nothing, or all. */
async function everyFault(kind: FaultKind, habits: FakeGatewayHabits): Promise<Ended[]> {
  const scene = new HardenScene(habits);
  try {
    const agreement = await scene.agree();
    const whole = new FaultHost(scene.local, undefined, () => {});
    await applyHarden(scene.world(whole), task, agreement, () => {}, new AbortController().signal);
    const hasMarks = kind === "dies" || kind === "killed-with-it";
    const faults = whole.marks.flatMap((marks, at) => Array.from({ length: hasMarks ? marks : 1 }, (_, mark) => ({ kind, at, mark })));
    const ends: Ended[] = [];
    for (const fault of faults) {
      const ended = await runWith(scene, fault, agreement).catch((error: unknown) => {
        throw new Error(`${kind} at command ${fault.at}, mark ${fault.mark}: ${error}`, { cause: error });
      });
      ends.push(ended);
    }
    return ends;
  } finally {
    scene.end();
  }
}

describe("a fault at any single command of a hardening", () => {
  it.concurrent.each(faultKinds)("%s: leaves it hardened or as before, and proved", { timeout: 120_000 }, async (kind) => {
    const ends = await everyFault(kind, {});
    expect(ends.length).toBeGreaterThanOrEqual(10);
    expect(ends).toContain("hardened");
  });

  const also = ["killed-after", "dies"] as const;
  it.concurrent.each(also)("%s: the same of a gateway that rewrites its file when it starts", { timeout: 120_000 }, async (kind) => {
    expect(await everyFault(kind, { rewrites: true })).toContain("hardened");
  });

  const undoing = ["lost-after", "fails", "killed-with-it"] as const;
  it.concurrent.each(undoing)(
    "%s: a gateway that does not come up on the loopback is always as before",
    { timeout: 120_000 },
    async (kind) => {
      expect(new Set(await everyFault(kind, { diesOnLoopback: true }))).toEqual(new Set(["as before"]));
    },
  );

  it("keeps every byte when it is taken back", async () => {
    const scene = new HardenScene({ diesOnLoopback: true });
    expect((await scene.harden()).failure?.code).toBe("harden-undone");
    expect(scene.text).toBe(original);
    scene.end();
  });
});
