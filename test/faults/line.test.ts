import { expect, it } from "vitest";
import { isVerified, untilTunnel } from "../e2e/scene.js";
import { askEcho } from "../support/echo-service.js";
import type { Fault } from "../support/fault-link.js";
import { hasProc } from "../support/resources.js";
import { makeFaultScene, tunnelNow, untilReplaced, watchLeaks } from "./scene.js";

interface LiveCase {
  readonly what: string;
  readonly fault: Fault;
  readonly cause: string;
}

const liveCases: readonly LiveCase[] = [
  { what: "is reset", fault: { kind: "cut", by: "reset" }, cause: "connection-reset" },
  { what: "is ended", fault: { kind: "cut", by: "end" }, cause: "peer-closed" },
  { what: "swallows what goes to the server", fault: { kind: "swallow", ways: ["to-server"] }, cause: "peer-silent" },
  { what: "swallows what comes from the server", fault: { kind: "swallow", ways: ["to-client"] }, cause: "peer-silent" },
  { what: "swallows both ways", fault: { kind: "swallow", ways: ["to-server", "to-client"] }, cause: "peer-silent" },
  { what: "stands still", fault: { kind: "stall" }, cause: "peer-silent" },
];

it.skipIf(!hasProc).each(liveCases)(
  "names $cause when a connection that stood $what, serves who waits, and keeps nothing of it",
  async ({ fault, cause }) => {
    const scene = await makeFaultScene();
    const { proxy, port } = scene;
    expect(await askEcho(port, { id: "before", bytes: 1_000 })).toEqual({ kind: "right" });
    const expectNoLeak = await watchLeaks(scene);
    const before = await tunnelNow(scene);

    proxy.use(fault, "live");
    const waited = await askEcho(port, { id: "meanwhile", bytes: 1_000 });

    const after = await untilReplaced(scene, before);
    expect(after).toMatchObject({ phase: "up", reconnects: before.reconnects + 1, failure: null, lastOutage: { cause } });
    expect(waited).toEqual({ kind: "right" });
    expect(await askEcho(port, { id: "after", bytes: 1_000 })).toEqual({ kind: "right" });
    await expectNoLeak();
  },
);

interface ComingCase {
  readonly what: string;
  readonly fault: Fault | "refuse";
  readonly code: string;
}

const comingCases: readonly ComingCase[] = [
  { what: "is refused", fault: "refuse", code: "connection-refused" },
  { what: "is accepted and then nobody speaks", fault: { kind: "mute" }, code: "handshake-timeout" },
  { what: "is accepted and reset", fault: { kind: "cut", by: "reset" }, code: "connection-reset" },
  { what: "is accepted and ended", fault: { kind: "cut", by: "end" }, code: "handshake-lost" },
  { what: "swallows what goes to the server", fault: { kind: "swallow", ways: ["to-server"] }, code: "handshake-timeout" },
  { what: "swallows what comes from the server", fault: { kind: "swallow", ways: ["to-client"] }, code: "handshake-timeout" },
];

it.skipIf(!hasProc).each(comingCases)(
  "waits with $code while every new connection $what, and serves who waited when the fault is over",
  async ({ fault, code }) => {
    const scene = await makeFaultScene();
    const { home, proxy, port, story } = scene;
    const expectNoLeak = await watchLeaks(scene);
    const before = await tunnelNow(scene);

    if (fault === "refuse") proxy.refuse();
    else proxy.use(fault, "coming");
    proxy.use({ kind: "cut", by: "reset" }, "live");
    const waiting = await untilTunnel(
      home,
      "web",
      ({ phase, failure, attempt }) => phase === "waiting" && attempt >= 3 && failure !== null,
    );
    expect(waiting).toMatchObject({ health: "unknown", failure: { code, recovery: "retry" }, forwards: [{ listening: true }] });
    const waited = askEcho(port, { id: "meanwhile", bytes: 1_000 });
    await untilTunnel(home, "web", ({ forwards }) => forwards[0]?.connections.waiting === 1);

    await proxy.accept();
    proxy.use({ kind: "none" }, "coming");

    expect(await waited).toEqual({ kind: "right" });
    const after = await untilReplaced(scene, before);
    expect(after).toMatchObject({ failure: null, lastOutage: { cause: "connection-reset" } });
    const codes = story.changes.flatMap(({ phase, failure }) => (phase === "waiting" && failure !== null ? [failure.code] : []));
    expect([...new Set(codes)].sort()).toEqual([...new Set(["connection-reset", code])].sort());
    await expectNoLeak();
  },
);

it.each([
  { what: "is 30 ms longer each way", fault: { kind: "slow", delayMs: 30 } },
  { what: "carries 64 KiB a second", fault: { kind: "slow", bytesPerSecond: 64 * 1024 } },
] as const)("keeps its session when the way $what", async ({ fault }) => {
  const scene = await makeFaultScene();
  const before = await tunnelNow(scene);

  scene.proxy.use(fault, "live");
  for (const id of ["a", "b", "c"]) expect(await askEcho(scene.port, { id, bytes: 20_000 })).toEqual({ kind: "right" });

  const tunnel = await untilTunnel(scene.home, "web", ({ rttMs }) => rttMs !== before.rttMs);
  expect(tunnel).toMatchObject({ reconnects: 0, since: before.since, phase: "up", health: "verified" });
});

it("keeps its session over a standstill that is shorter than its patience", async () => {
  const scene = await makeFaultScene({ keepaliveIntervalMs: 1_000, keepaliveReplyTimeoutMs: 5_000 });
  const before = await tunnelNow(scene);

  scene.proxy.use({ kind: "stall" }, "live");
  const waited = askEcho(scene.port, { id: "meanwhile", bytes: 1_000 });
  await untilTunnel(scene.home, "web", ({ forwards }) => forwards[0]?.connections.waiting === 1);
  scene.proxy.use({ kind: "none" }, "live");

  expect(await waited).toEqual({ kind: "right" });
  expect(await untilTunnel(scene.home, "web", isVerified)).toMatchObject({ reconnects: 0, since: before.since });
});
