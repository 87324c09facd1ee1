import { expect, it } from "vitest";
import { askEcho, type EchoOutcome } from "../support/echo-service.js";
import type { Fault } from "../support/fault-link.js";
import { hasProc } from "../support/resources.js";
import { makeFaultScene, tunnelNow, untilReplaced, watchLeaks } from "./scene.js";

const MiB = 1024 * 1024;
const cutAtBytes = 300_000;

const cases = [
  { by: "reset", cause: /^(connection-reset|peer-closed)$/ },
  { by: "end", cause: /^peer-closed$/ },
  { by: "silence", cause: /^peer-silent$/ },
] as const;

it.skipIf(!hasProc).each(cases)(
  "gives a client an error, and no part of an answer for the whole, when its answer is cut by $by",
  async ({ by, cause }) => {
    expect(await cutMidway({ kind: "cut-after", way: "to-client", bytes: cutAtBytes, by }, { bytes: MiB }, cause)).toMatchObject({
      kind: "error",
    });
  },
);

it.skipIf(!hasProc).each(cases)("gives a client an error when what it sends is cut by $by", async ({ by, cause }) => {
  expect(
    await cutMidway({ kind: "cut-after", way: "to-server", bytes: cutAtBytes, by }, { bytes: 10, uploadBytes: 8 * MiB }, cause),
  ).toMatchObject({ kind: "error" });
});

it.skipIf(!hasProc)("mixes up nothing when thirty answers at once are cut in the middle", async () => {
  const scene = await makeFaultScene();
  const expectNoLeak = await watchLeaks(scene);
  const before = await tunnelNow(scene);
  scene.proxy.use({ kind: "cut-after", way: "to-client", bytes: 2 * MiB, by: "reset" }, "live");

  const questions = Array.from({ length: 30 }, (_, index) => ({ id: `many-${index}`, bytes: 100_000 + index * 10_000 }));
  const outcomes = await Promise.all(questions.map((question) => askEcho(scene.port, question)));

  expect(outcomes.filter(({ kind }) => kind === "wrong")).toEqual([]);
  expect(outcomes.some(({ kind }) => kind === "error")).toBe(true);
  await untilReplaced(scene, before);
  expect(await Promise.all(questions.map((question) => askEcho(scene.port, question)))).toEqual(questions.map(() => ({ kind: "right" })));
  await expectNoLeak();
});

async function cutMidway(fault: Fault, question: { bytes: number; uploadBytes?: number }, cause: RegExp): Promise<EchoOutcome> {
  const scene = await makeFaultScene();
  const expectNoLeak = await watchLeaks(scene);
  const before = await tunnelNow(scene);
  scene.proxy.use(fault, "live");

  const outcome = await askEcho(scene.port, { id: "cut", ...question });

  expect((await untilReplaced(scene, before)).lastOutage?.cause).toMatch(cause);
  expect(await askEcho(scene.port, { id: "again", ...question })).toEqual({ kind: "right" });
  await expectNoLeak();
  return outcome;
}
