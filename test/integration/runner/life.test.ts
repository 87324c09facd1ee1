import { connect } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import type { TunnelSpec } from "../../../src/config/tunnel-spec.js";
import { freePort } from "../../support/sshd.js";
import { answered, silence } from "../../unit/fixtures/fake-session.js";
import { useFakeTime } from "../../unit/fixtures/fake-time.js";
import { forwardSpec } from "../../unit/fixtures/forwards.js";
import { expectNothingLeft, hostKey, loginTo, pass, refusal, Scene, specFor } from "./scene.js";

type Deed = (scene: Scene, ports: readonly number[]) => void;

/** The session that was asked last is the one that stands. */
const standing = (scene: Scene) => scene.openSessions.filter(({ questions }) => questions > 0).at(-1);
const adopt = (change: (spec: TunnelSpec, ports: readonly number[]) => Partial<TunnelSpec>): Deed => {
  return ({ runner }, ports) => runner.adopt({ ...runner.spec, ...change(runner.spec, ports) });
};

const deeds: Readonly<Record<string, Deed>> = {
  start: (scene) => scene.start(),
  stop: (scene) => scene.stop(),
  restart: (scene) => scene.restart(),
  "renewal due": ({ runner }) => runner.handle({ type: "renew", reason: "renewal-due" }),
  wake: ({ runner }) => runner.reconsider("woke"),
  "network changes": ({ runner }) => runner.reconsider("network-changed"),
  "status is asked": ({ runner }) => void runner.confirm(),
  "leads here": adopt(() => ({ login: loginTo("here") })),
  "leads there": adopt(() => ({ login: loginTo("there") })),
  "one forward": adopt((_spec, [port = 0]) => ({ forwards: [forwardSpec(port)] })),
  "two forwards": adopt((_spec, ports) => ({ forwards: ports.map((port) => forwardSpec(port, 81)) })),
  "a remote and a dynamic forward": adopt((_spec, [port = 0, other = 0]) => ({
    forwards: [forwardSpec(port), remoteForward, { ...remoteForward, kind: "dynamic", bind: { host: "127.0.0.1", port: other } }],
  })),
  "the server refuses to listen": ({ sessions }) => {
    for (const session of sessions) session.grant = () => Promise.reject(new Failure("remote-bind-refused", "no"));
  },
  "other keepalive": adopt(({ keepalive }) => ({ keepalive: { ...keepalive, intervalMs: 9_000 - (keepalive.intervalMs ?? 0) } })),
  "oldest log-in opens": ({ pending }) => void pending.at(0)?.open(),
  "newest log-in opens": ({ pending }) => void pending.at(-1)?.open(),
  "log-in opens, its services refuse": ({ pending }) => {
    const session = pending.at(-1)?.open();
    if (session !== undefined) session.serve = () => Promise.reject(new Failure("service-refused", "nothing listens"));
  },
  "log-in opens and ends": ({ pending }) => pending.at(-1)?.open().end(),
  "log-in fails": ({ pending }) => pending.at(0)?.fail(),
  "log-in is refused": ({ pending }) => pending.at(-1)?.fail(refusal),
  "log-in meets an unknown key": ({ pending }) => pending.at(-1)?.showUnknownKey(hostKey),
  "session ends": (scene) => standing(scene)?.end(),
  "any session ends": ({ openSessions }) => openSessions.at(-1)?.end(),
  "session falls silent": (scene) => {
    const session = standing(scene);
    if (session !== undefined) session.answer = silence;
  },
  "session speaks again": (scene) => {
    const session = standing(scene);
    if (session === undefined) return;
    session.answer = answered(1);
    session.receivedBytes += 1;
  },
};

/** To a port that nobody listens on. */
const remoteForward = {
  kind: "remote",
  bind: { host: "localhost", port: 9000 },
  to: { host: "127.0.0.1", port: 1 },
  health: { check: { kind: "tcp" }, everyMs: 30_000, timeoutMs: 5_000 },
} as const;

type Life = readonly { readonly deed: string; readonly thenMs: number | null }[];
const lives: fc.Arbitrary<Life> = fc.array(
  fc.record({ deed: fc.constantFrom(...Object.keys(deeds)), thenMs: fc.constantFrom(null, null, 0, 60, 400, 2_000, 12_000) }),
  { maxLength: 40, size: "max" },
);

describe("whatever happens to a tunnel", () => {
  useFakeTime();

  it("never has more than two sessions, says verified only of one that answers, and leaves nothing when it is stopped", async () => {
    const ports = [await freePort(), await freePort()];
    const property = fc.asyncProperty(lives, fc.boolean(), async (life, isDeaf) => {
      const scene = new Scene(specFor(ports.slice(0, 1)), isDeaf);
      try {
        await live(scene, ports, life);
      } finally {
        scene.stop();
        await expectNothingLeft(scene, ports);
      }
    });
    await fc.assert(property, { numRuns: 400 });
  });
});

async function live(scene: Scene, ports: readonly number[], life: Life): Promise<void> {
  scene.start();
  for (const { deed, thenMs } of life) {
    deeds[deed]?.(scene, ports);
    // Null: the next deed comes in the very same turn.
    if (thenMs === null) continue;
    await pass(thenMs);
    expect(scene.openSessions.length).toBeLessThanOrEqual(2);
    await checkTruth(scene);
  }
  await pass(10);
  await checkClient(scene, ports[0] ?? 0);
  expect(scene.lies).toEqual([]);
  expect(scene.sessions.map(({ lateDials }) => lateDials)).toEqual(scene.sessions.map(() => 0));
}

/** Only a session that has answered just now, or has spoken up again by itself, is verified. */
async function checkTruth(scene: Scene): Promise<void> {
  const asked = scene.sessions.map(({ questions }) => questions);
  const { health } = await scene.reportNow();
  if (health !== "verified") return;
  const askedNow = scene.sessions.filter(({ questions }, index) => questions > (asked[index] ?? 0));
  expect(askedNow.length).toBeLessThanOrEqual(1);
  const [session = standing(scene)] = askedNow;
  expect(session?.isOpen === true && session.answer !== silence).toBe(true);
}

/** A client is given a channel by the session that stands, by no other. */
async function checkClient(scene: Scene, port: number): Promise<void> {
  const [listener] = scene.runner.forwards.listeners;
  if (listener?.isOpen !== true) return;
  const dials = scene.sessions.map((session) => session.dials.length);
  const { total } = listener.counters;
  const client = connect(port, "127.0.0.1");
  client.on("error", () => {});
  while (listener.counters.total === total) await pass(0);
  const dialled = scene.sessions.filter((session, index) => session.dials.length > (dials[index] ?? 0));
  if (scene.state.phase === "up" && standing(scene)?.isOpen === true) expect(dialled).toEqual([standing(scene)]);
  else expect(dialled.length).toBeLessThanOrEqual(1);
  client.destroy();
  await pass(10);
}
