import { describe, expect, it } from "vitest";
import type { StatusReport } from "../../src/api/contract.js";
import { type FaultScene, makeFaultScene } from "../faults/scene.js";
import { askEcho } from "../support/echo-service.js";
import { sshdKind } from "../support/test-sshd.js";
import { engines, isVerified, tunnels, untilTunnel } from "./scene.js";

/** By itself the daemon asks the server once in an hour, and waits half a minute for its answer. */
const patient = { keepaliveIntervalMs: 3_600_000, keepaliveReplyTimeoutMs: 10_000, keepaliveCountMax: 3 };

describe.each(engines)("the status of a tunnel by %s", (engine) => {
  it("does not call a server verified that has fallen silent, not even once, and keeps its session when it speaks again", async () => {
    const scene = await makeFaultScene({ ...patient, connectTimeoutMs: 500 }, engine);
    const { home, proxy, port } = scene;
    const [before] = await tunnels(home);

    proxy.use({ kind: "swallow", ways: ["to-server", "to-client"] }, "coming");
    proxy.use({ kind: "stall" }, "live");
    await expectDoubted(scene);
    // Neither does who asks for a new session, and is told that there is none, make the old one any better.
    expect((await home.run("restart", "web", "--wait", "2")).code).toBe(1);
    await expectDoubted(scene);
    proxy.use({ kind: "none" }, "live");

    const after = await untilTunnel(home, "web", isVerified);
    expect(after).toMatchObject({ phase: "up", reason: "session-stands", since: before?.since, reconnects: 0, lastOutage: null });
    expect(await askEcho(port, { id: "again", bytes: 10 })).toEqual({ kind: "right" });
  });

  it("drops the new session that it was opening for a silent server when that speaks again", async () => {
    const scene = await makeFaultScene(patient, engine);
    const { home, proxy, sshd } = scene;
    const [before] = await tunnels(home);

    proxy.use({ kind: "swallow", ways: ["to-server", "to-client"] }, "coming");
    proxy.use({ kind: "stall" }, "live");
    await expectDoubted(scene);
    expect(await tunnels(home)).toMatchObject([{ renewal: { reason: "peer-doubted", failure: null } }]);
    // The one that stands, and the one that is on its way.
    await expect.poll(() => proxy.links.length).toBe(2);
    proxy.links[0]?.use({ kind: "none" });

    expect(await untilTunnel(home, "web", isVerified)).toMatchObject({ since: before?.since, reconnects: 0, renewal: null });
    await expect.poll(() => proxy.links.length).toBe(1);
    if (sshdKind() === "openssh") expect(countLogIns(sshd)).toBe(1);
  });

  it.skipIf(sshdKind() === "embedded")(
    "does not call a server verified whose processes stand still, and goes on with a new session",
    async () => {
      const scene = await makeFaultScene({ ...patient, connectTimeoutMs: 500, backoff: { firstDelayMs: 50, maxDelayMs: 200 } }, engine);
      const { home, proxy, sshd } = scene;
      const [before] = await tunnels(home);

      proxy.use({ kind: "swallow", ways: ["to-server", "to-client"] }, "coming");
      expect(await sshd.freezeSessions()).toBe(1);
      await expectDoubted(scene);
      proxy.use({ kind: "none" }, "coming");
      expect((await home.run("restart", "web")).code).toBe(0);

      const [after] = await tunnels(home);
      expect(after).toMatchObject({ health: "verified", renewal: null });
      expect(Date.parse(after?.since ?? "")).toBeGreaterThan(Date.parse(before?.since ?? ""));
    },
  );
});

/** In the first answer, and in words. */
async function expectDoubted({ home }: FaultScene): Promise<void> {
  const asked = await home.run("status", "--json");
  const [tunnel] = (JSON.parse(asked.stdout) as StatusReport).tunnels;
  expect(tunnel).toMatchObject({ phase: "up", health: "unknown", reason: "peer-doubted", healthSince: null });
  expect(asked.code).toBe(4);
  const told = await home.run("status");
  expect(told.stdout).toContain("up, but the server does not answer");
  expect(told.stdout).not.toContain("verified");
  expect(told.code).toBe(4);
}

function countLogIns({ log }: FaultScene["sshd"]): number {
  return log().match(/Accepted publickey/g)?.length ?? 0;
}
