import { describe, expect, it } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import { parseJson5 } from "../../../src/openclaw/config/json5.js";
import type { FakeGatewayHabits } from "../../support/fake-gateway.js";
import { type Fault, FaultHost, type FaultKind, faultKinds } from "../../support/fault-host.js";
import { HardenScene, original } from "./scene.js";

type Ended = "hardened" | "as before";

/** One hardening with one fault, and a second one if it was killed. Undefined when the fault never came. */
async function runWith(fault: Fault, habits: FakeGatewayHabits): Promise<{ ended: Ended; marks: number } | undefined> {
  const scene = new HardenScene(habits);
  try {
    const killed = new AbortController();
    const host = new FaultHost(scene.local, fault, () => killed.abort(new Failure("internal", "killed")));
    let outcome: string;
    try {
      outcome = (await scene.harden(scene.world(host), killed.signal)).outcome;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      outcome = "refused";
    }
    if (host.marks === undefined) return undefined;
    if (killed.signal.aborted) outcome = (await scene.harden()).outcome;
    expect(outcome, "it says which of the two it is").not.toBe("unproved");
    const ended = outcome === "hardened" ? "hardened" : "as before";
    expectAll(scene, ended);
    return { ended, marks: host.marks };
  } finally {
    scene.end();
  }
}

function expectAll(scene: HardenScene, ended: Ended): void {
  const isHardened = ended === "hardened";
  expect(scene.gateway.health().state, "the gateway answers").toBe("ok");
  expect(scene.gateway.hosts).toEqual([isHardened ? "127.0.0.1" : "0.0.0.0"]);
  expect((parseJson5(scene.text) as { gateway: { bind: string } }).gateway.bind).toBe(isHardened ? "loopback" : "lan");
  expect(scene.text).toContain("t0p-s3cret-of-the-house");
  expect(scene.beside.filter((name) => !name.includes("-backup-") && !name.includes("-replaced-"))).toEqual([]);
}

/** Every command of a whole run, one after the other, and every mark in those that have some. */
async function everyFault(kind: FaultKind, habits: FakeGatewayHabits): Promise<Ended[]> {
  const ends: Ended[] = [];
  for (let at = 0; ; at++) {
    for (let mark = 0, marks = 1; mark < marks; mark++) {
      const run = await runWith({ kind, at, mark }, habits).catch((error: unknown) => {
        throw new Error(`${kind} at command ${at}, mark ${mark}: ${error}`, { cause: error });
      });
      if (run === undefined) return ends;
      ends.push(run.ended);
      if (kind === "dies" || kind === "killed-with-it") marks = run.marks;
    }
  }
}

describe("a fault at any single command of a hardening", () => {
  it.concurrent.each(faultKinds)("%s: leaves it hardened or as before, and proved", { timeout: 120_000 }, async (kind) => {
    const ends = await everyFault(kind, {});
    expect(ends.length).toBeGreaterThan(15);
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
