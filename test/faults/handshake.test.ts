import { expect, it } from "vitest";
import { askEcho } from "../support/echo-service.js";
import { isRequired } from "../support/required.js";
import { hasProc } from "../support/resources.js";
import { findStages, type HandshakeStage } from "../support/ssh-stages.js";
import { sshdKind } from "../support/test-sshd.js";
import { until } from "../support/until.js";
import { type FaultScene, makeFaultScene, tunnelNow, untilReplaced, watchLeaks } from "./scene.js";

/** A reset that comes with the last bytes is an end to libuv (its uv__read, when a poll reports both), so either is the truth. */
const cases = [
  { by: "reset", inHandshake: ["connection-reset", "handshake-lost"], afterwards: ["connection-reset", "peer-closed"] },
  { by: "end", inHandshake: ["handshake-lost"], afterwards: ["peer-closed"] },
  { by: "silence", inHandshake: ["handshake-timeout"], afterwards: ["peer-silent"] },
] as const;

it.skipIf(!hasProc).each(cases)(
  "names the right cause in every stage of the log-in at which the server's side is cut by $by, and recovers",
  async ({ by, inHandshake, afterwards }) => {
    const scene = await makeFaultScene();
    const stages = await watchStages(scene);
    const expectNoLeak = await watchLeaks(scene);

    const told: Record<string, readonly string[]> = {};
    for (const { name, bytes } of stages) told[name] = await causesOf(scene, bytes, by);

    const isLoggedIn = (name: string) => name === "after its welcome" || name === "in its first channel";
    const truth = (name: string): readonly string[] => (isLoggedIn(name) ? afterwards : inHandshake);
    const untrue = Object.entries(told).filter(([name, codes]) => !codes.every((code) => truth(name).includes(code)));
    expect(Object.fromEntries(untrue)).toEqual({});
    await expectNoLeak();
  },
);

it("meets OpenSSH's own sshd where CLAWTUNNEL_TEST_REQUIRE asks for it", ({ skip }) => {
  skip(!isRequired("sshd") && sshdKind() !== "openssh", "no sshd here: the embedded server stood in for all of the faults");
  expect(sshdKind()).toBe("openssh");
});

/** One clean log-in, seen from the line. */
async function watchStages(scene: FaultScene): Promise<HandshakeStage[]> {
  const { proxy } = scene;
  const sent: Buffer[] = [];
  const before = await tunnelNow(scene);
  const old = new Set(proxy.links);
  proxy.onBytes = (link, way, bytes) => {
    if (way === "to-client" && !old.has(link)) sent.push(bytes);
  };
  proxy.use({ kind: "cut", by: "reset" }, "live");
  await untilReplaced(scene, before);
  proxy.onBytes = undefined;
  return findStages(Buffer.concat(sent));
}

/** Loses the session, cuts each log-in after `bytes` of the server's, and tells what `status` called that; then lets it recover. */
async function causesOf(scene: FaultScene, bytes: number, by: "reset" | "end" | "silence"): Promise<string[]> {
  const { proxy, port, story } = scene;
  const before = await tunnelNow(scene);
  const from = story.changes.length;
  const acceptedBefore = proxy.accepted;
  proxy.use({ kind: "cut-after", way: "to-client", bytes, by }, "coming");
  proxy.use({ kind: "cut", by: "reset" }, "live");
  const failures = () => story.changes.slice(from).filter(({ phase, failure }) => phase === "waiting" && failure !== null);
  // Quick failures come in numbers, so that one that is only sometimes named wrongly is seen.
  const enough = by === "silence" ? 2 : 4;
  // The first is the loss itself; what follows it is about the log-ins that were cut.
  const codes = await until(() => failures().length >= enough && failures().flatMap(({ failure }) => failure?.code ?? []));
  expect(proxy.accepted).toBeGreaterThan(acceptedBefore);
  const waited = askEcho(port, { id: `stage-${by}-${bytes}`, bytes: 1_000 });
  proxy.use({ kind: "none" }, "coming");
  if (by === "silence") proxy.use({ kind: "cut", by: "reset" }, "live");
  const after = await untilReplaced(scene, before);
  expect(after.failure).toBeNull();
  expect(["right", "error"]).toContain((await waited).kind);
  return [...new Set(codes.slice(1))];
}
