import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { hasEnded } from "../../src/base/process-identity.js";
import { writeConfig } from "../faults/scene.js";
import type { Home } from "../support/clawtunnel.js";
import { sshTraces } from "../support/ssh-processes.js";
import { sshdKind } from "../support/test-sshd.js";
import { until } from "../support/until.js";
import { fetchText, isVerified, makeHome, makeOpenScene, makeScene, tunnels, untilTunnel } from "./scene.js";

const hourMs = 3_600_000;

describe.runIf(sshdKind() === "openssh")("a tunnel that an ssh process holds", () => {
  it("is tried again at once, and serves who comes in between, each of twenty times that its session is killed", async () => {
    const { home, sshd, port, words } = await makeScene("openssh");
    // Every session is steady as soon as it stands, and would be retried after an hour if it were not.
    const backoff = { firstDelayMs: hourMs, maxDelayMs: hourMs, steadyAfterMs: 1 };
    writeConfig(home, { defaults: { backoff }, tunnels: {} });
    expect((await home.run("up", ...words, "--name", "web")).code).toBe(0);

    for (let count = 1; count <= 20; count += 1) {
      expect(await sshd.killSessions()).toBe(1);
      expect(await fetchText(port)).toBe("ok\n");
      await untilTunnel(home, "web", ({ reconnects, health }) => reconnects === count && health === "verified");
    }

    expect(sshTraces(home)).toMatchObject({ pids: { length: 1 }, folders: { length: 1 }, receipts: { length: 1 } });
  });

  it("comes back, and serves who comes in between, when that process is killed", async () => {
    const { home, port } = await makeOpenScene("openssh");

    process.kill(onlyPid(home), "SIGKILL");

    expect(await fetchText(port)).toBe("ok\n");
    expect(await untilTunnel(home, "web", ({ reconnects, health }) => reconnects === 1 && health === "verified")).toMatchObject({
      failure: null,
      lastOutage: { cause: "ssh-ended" },
    });
    expect(sshTraces(home)).toMatchObject({ pids: { length: 1 }, folders: { length: 1 }, receipts: { length: 1 } });
  });

  it("is never called verified while that process stands still, and goes on with another, which is all that is left then", async () => {
    const { home, port } = await makeOpenScene("openssh");
    const pid = onlyPid(home);

    process.kill(pid, "SIGSTOP");
    const asked = JSON.parse((await home.run("status", "--json")).stdout);
    expect(asked.tunnels[0].health).not.toBe("verified");

    expect(await fetchText(port)).toBe("ok\n");
    await untilTunnel(home, "web", ({ reconnects, health }) => reconnects === 1 && health === "verified");
    await until(() => hasEnded(pid));
    expect(sshTraces(home)).toMatchObject({ pids: { length: 1 }, folders: { length: 1 }, receipts: { length: 1 } });
  });

  it("is held with what to do when there is no ssh any more, and opens by itself when there is", async () => {
    const { words } = await makeScene("openssh");
    const bin = await makePrograms();
    const home = makeHome({ PATH: `${bin}:/nowhere` });
    const up = await home.run("up", ...words, "--name", "web");
    expect(up.code, up.stdout + up.stderr).toBe(0);

    renameSync(join(bin, "ssh"), join(bin, "ssh.away"));
    process.kill(onlyPid(home), "SIGKILL");
    const held = await untilTunnel(home, "web", ({ phase }) => phase === "held");
    expect(held.failure).toMatchObject({ code: "engine-unavailable", message: expect.stringContaining("this machine has none") });

    renameSync(join(bin, "ssh.away"), join(bin, "ssh"));
    await untilTunnel(home, "web", isVerified);
  });

  it("is held where no folder for its sockets can be made, and says which", async () => {
    const { words } = await makeScene("openssh");
    const tmp = mkdtempSync("/tmp/ct-");
    onTestFinished(() => rmSync(tmp, { recursive: true, force: true }));
    const home = makeHome({ CLAWTUNNEL_HOME: join(tmp, "h".repeat(70)), TMPDIR: join(tmp, "missing") });
    const up = await home.run("up", ...words, "--name", "web");
    expect(up).toMatchObject({ code: 5, stdout: expect.stringContaining(`cannot use the folder ${join(tmp, "missing")}`) });
    mkdirSync(join(tmp, "missing"));
    expect((await home.run("up", "web")).code).toBe(0);
  });

  it("has its sockets in the temporary folder when its home has a long path, and leaves nothing there", async () => {
    const { sshd, words } = await makeScene("openssh");
    const tmp = mkdtempSync("/tmp/ct-");
    onTestFinished(() => rmSync(tmp, { recursive: true, force: true }));
    // The daemon's own socket is within what the system takes (107 bytes).
    const home = makeHome({ CLAWTUNNEL_HOME: join(tmp, "h".repeat(70)), TMPDIR: tmp });
    const up = await home.run("up", ...words, "--name", "web");
    expect(up.code, up.stdout + up.stderr).toBe(0);
    const folders = () => readdirSync(tmp).filter((name) => name.startsWith("clawtunnel-"));
    expect(folders()).toHaveLength(1);

    // Also what a daemon leaves that is killed.
    const pid = home.daemonPid() ?? 0;
    process.kill(pid, "SIGKILL");
    await until(() => hasEnded(pid));
    expect((await home.run("up")).code).toBe(0);
    expect(folders()).toHaveLength(1);
    const [before] = await tunnels(home);
    await sshd.killSessions();
    await untilTunnel(home, "web", (tunnel) => tunnel.reconnects > (before?.reconnects ?? 0) && isVerified(tunnel));
    expect(folders()).toHaveLength(1);

    expect((await home.run("down", "web")).code).toBe(0);
    await expect.poll(folders).toEqual([]);
  });
});

async function makePrograms(): Promise<string> {
  const { dir } = makeHome();
  const bin = join(dir, "bin");
  await mkdir(bin, { recursive: true });
  for (const name of ["ssh", "mkfifo", "sh"]) symlinkSync(`/usr/bin/${name}`, join(bin, name));
  return bin;
}

function onlyPid(home: Home): number {
  const { pids } = sshTraces(home);
  expect(pids).toHaveLength(1);
  return pids[0] ?? 0;
}
