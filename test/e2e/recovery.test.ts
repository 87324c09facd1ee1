import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { repeat } from "../support/repeat.js";
import { codeOfRefusal, sshdKind } from "../support/test-sshd.js";
import { until } from "../support/until.js";
import { engines, fetchText, isVerified, makeOpenScene, makeScene, makeService, tunnels, untilTunnel } from "./scene.js";

describe.each(engines)("a tunnel by %s", (engine) => {
  it("reconnects by itself after the server's side was killed, and serves who comes in between", async () => {
    const { home, sshd, port } = await makeOpenScene(engine);
    const knocking = knock(port);

    expect(await sshd.killSessions()).toBe(1);
    expect(await fetchText(port)).toBe("ok\n");

    const tunnel = await untilTunnel(home, "web", ({ reconnects, health }) => reconnects > 0 && health === "verified");
    expect(await fetchText(port)).toBe("ok\n");
    const { accepted, refused } = await knocking.stop();
    expect(refused).toBe(0);
    expect(accepted).toBeGreaterThan(0);
    expect(tunnel).toMatchObject({
      phase: "up",
      reconnects: 1,
      failure: null,
      lastOutage: { cause: expect.stringMatching(/^(peer-closed|connection-reset|server-disconnected)$/), durationMs: expect.any(Number) },
    });
    const { startedAt, endedAt, durationMs } = tunnel.lastOutage ?? { startedAt: "", endedAt: "", durationMs: -1 };
    expect(Date.parse(endedAt) - Date.parse(startedAt)).toBe(durationMs);
    expect((await home.run("status")).stdout).toContain("1 reconnect");
  });

  it.skipIf(sshdKind() === "embedded")(
    "finds a silent server out through the client that waits for it, long before a keepalive is due",
    async () => {
      const { home, sshd, port, words } = await makeScene(engine);
      mkdirSync(dirname(home.paths.configFile), { recursive: true });
      writeFileSync(home.paths.configFile, JSON.stringify({ defaults: { keepaliveIntervalMs: 3_600_000 } }));
      expect((await home.run("up", ...words, "--name", "web")).code).toBe(0);

      expect(await sshd.freezeSessions()).toBe(1);
      expect(await fetchText(port)).toBe("ok\n");

      const tunnel = await untilTunnel(home, "web", ({ reconnects, health }) => reconnects > 0 && health === "verified");
      expect(tunnel.lastOutage).toMatchObject({ cause: "peer-silent" });
    },
  );

  it("counts each reconnect once", async () => {
    const { home, sshd } = await makeOpenScene(engine);

    for (const count of [1, 2, 3]) {
      await sshd.killSessions();
      await untilTunnel(home, "web", ({ reconnects, health }) => reconnects === count && health === "verified");
    }

    expect(await tunnels(home)).toMatchObject([{ reconnects: 3, attempt: expect.any(Number), phase: "up" }]);
  });

  it("waits while the server is away and says why, keeps its port and its clients, and is verified again by itself", async () => {
    const { home, sshd, port } = await makeOpenScene(engine);
    const knocking = knock(port);

    await sshd.stop();
    await untilTunnel(home, "web", ({ phase, failure }) => phase === "waiting" && failure?.code === "connection-refused");
    const early = fetchText(port);
    early.catch(() => {});
    await untilTunnel(home, "web", ({ forwards }) => (forwards[0]?.connections.waiting ?? 0) > 0);

    const status = await home.run("status");
    expect(status.code).toBe(4);
    expect(status.stdout).toMatch(/^web {2}(waiting|connecting)/);
    const report = await until(async () => {
      const asked = JSON.parse((await home.run("status", "--json")).stdout);
      return asked.tunnels[0].phase === "waiting" && asked;
    });
    expect(report.tunnels[0]).toMatchObject({
      health: "unknown",
      rttMs: null,
      nextRetryAt: expect.any(String),
      failure: { code: "connection-refused", recovery: "retry", hint: expect.stringContaining("sshd"), since: expect.any(String) },
      forwards: [{ listening: true, health: { state: "unknown", detail: null } }],
    });

    await sshd.start();
    await untilTunnel(home, "web", isVerified);
    expect(await early).toBe("ok\n");
    expect((await home.run("status")).code).toBe(0);
    expect((await knocking.stop()).refused).toBe(0);
  });

  it("opens by itself when the server comes only later", async () => {
    const { home, sshd, port, words } = await makeScene(engine);
    await sshd.stop();

    const up = await home.run("up", ...words, "--name", "web", "--wait", "1");
    expect(up.code).toBe(4);
    expect(up.stderr).toMatch(/web: .*(nothing listens on that port|Connection refused); trying again/);

    await sshd.start();
    expect((await home.run("wait", "web")).code).toBe(0);
    expect(await fetchText(port)).toBe("ok\n");
  });

  it("restarts a tunnel on request without giving its port away", async () => {
    const { home, port } = await makeOpenScene(engine);
    const [before] = await tunnels(home);
    const knocking = knock(port);

    const restart = await home.run("restart", "web");

    expect(restart).toMatchObject({ code: 0, stderr: "" });
    expect(restart.stdout).toContain("verified");
    expect((await knocking.stop()).refused).toBe(0);
    const [after] = await tunnels(home);
    expect(Date.parse(after?.since ?? "")).toBeGreaterThan(Date.parse(before?.since ?? ""));
    expect((await home.run("restart")).stdout).toMatch(/^web {2}verified/);
    expect(Date.parse((await tunnels(home))[0]?.since ?? "")).toBeGreaterThan(Date.parse(after?.since ?? ""));
    expect(await fetchText(port)).toBe("ok\n");
  });

  it("calls a tunnel degraded, not down, when only the service behind it is, and leaves its session alone", async () => {
    const { home, service, words } = await makeScene(engine);
    await service.close();

    const up = await home.run("up", ...words, "--name", "web");
    expect(up.code).toBe(4);
    expect(up.stdout).toContain("degraded");
    // Which of the two it can say depends on what the server tells of its own refused connect.
    expect(up.stdout).toMatch(new RegExp(`(nothing listens on|the server cannot connect to) 127\\.0\\.0\\.1:${service.port}`));
    const [degraded] = await tunnels(home);
    expect(degraded).toMatchObject({
      phase: "up",
      health: "degraded",
      failure: { code: codeOfRefusal(), recovery: "retry" },
      forwards: [{ health: { state: "failing" } }],
    });
    expect((await home.run("status")).code).toBe(4);

    await makeService(undefined, service.port);
    const verified = await untilTunnel(home, "web", isVerified);
    expect(verified).toMatchObject({ phase: "up", since: degraded?.since, reconnects: 0 });
    expect((await home.run("status")).code).toBe(0);
  });

  it("resets a client at once when the service is down", async () => {
    const { service, port } = await makeOpenScene(engine);
    await service.close();

    await expect(fetchText(port)).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("calls a tunnel degraded as soon as a client was refused, not only when the next check is due", async () => {
    const { home, port, service } = await makeOpenScene(engine);
    await service.close();
    await expect(fetchText(port)).rejects.toMatchObject({ code: "ECONNRESET" });
    await untilTunnel(home, "web", ({ health, failure }) => health === "degraded" && failure?.code === codeOfRefusal());
  });
});

const knockEveryMs = 10;

/** Connects to a local port over and over, and tells how often there was somebody, and how often nobody. */
function knock(port: number): { stop(): Promise<{ accepted: number; refused: number }> } {
  const counts = { accepted: 0, refused: 0 };
  const knockOnce = async () => {
    const socket = connect(port, "127.0.0.1");
    try {
      await once(socket, "connect");
      counts.accepted += 1;
    } catch {
      counts.refused += 1;
    }
    socket.on("error", () => {}).destroy();
  };
  const knocking = repeat(knockOnce, () => knockEveryMs);
  return { stop: () => knocking.stop().then(() => counts) };
}
