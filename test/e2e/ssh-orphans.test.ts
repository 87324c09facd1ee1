import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { hasEnded } from "../../src/base/process-identity.js";
import type { Home } from "../support/clawtunnel.js";
import { noTraces, sshTraces } from "../support/ssh-processes.js";
import { freePort } from "../support/sshd.js";
import { sshdKind } from "../support/test-sshd.js";
import { until } from "../support/until.js";
import { editConfig, entryFor, isVerified, makeHome, makeOpenScene, makeService, makeSshd, tunnels } from "./scene.js";

const count = 10;

describe.runIf(sshdKind() === "openssh")("what the openssh engine has started", () => {
  it("is gone when the daemon has ended: processes, folders and receipts of ten tunnels", async () => {
    const { home, sshd } = await makeTen();
    const pid = home.daemonPid() ?? 0;
    process.kill(pid, "SIGTERM");
    await until(() => hasEnded(pid));
    expect(sshTraces(home)).toEqual(noTraces);
    await until(() => sshd.countSessions() === 0);
  });

  it("is gone when the daemon was killed and the next one has started, which has ten of its own", async () => {
    const { home, sshd } = await makeTen();
    const { pids: before } = sshTraces(home);
    // Not all of them can hear that their terminal went.
    for (const pid of before.slice(0, 3)) process.kill(pid, "SIGSTOP");
    await killDaemon(home);
    expect((await home.run("up")).code).toBe(0);
    expect(before.filter((pid) => !hasEnded(pid))).toEqual([]);
    expect(sshTraces(home)).toMatchObject({ pids: { length: count }, folders: { length: count }, receipts: { length: count } });
    await until(() => sshd.countSessions() === count);
  });

  it("is gone whenever in its log-ins the daemon is killed, or asked to end", async () => {
    const { home, sshd } = await makeTen();
    await home.run("down", "--all");
    for (let round = 0; round < 6; round += 1) {
      const going = home.start("up", "--wait", "0");
      await until(() => sshTraces(home).folders.length > 0);
      await delay(round * 30);
      const pid = home.daemonPid() ?? 0;
      const isKilled = round % 2 === 0;
      process.kill(pid, isKilled ? "SIGKILL" : "SIGTERM");
      await going.ended;
      await until(() => hasEnded(pid));
      if (!isKilled) expect(sshTraces(home), `round ${round}`).toEqual(noTraces);
      const daemon = home.start("daemon");
      await until(() => home.daemon.status());
      await home.run("down", "--all");
      await until(() => sshTraces(home).pids.length === 0 && sshTraces(home).folders.length === 0).catch(() => {});
      expect(sshTraces(home), `round ${round}`).toEqual(noTraces);
      await until(() => sshd.countSessions() === 0);
      daemon.child.kill("SIGKILL");
      await daemon.ended;
    }
  });

  it("is gone when its tunnel is taken down, removed, or led elsewhere", async () => {
    const { home, port, service } = await makeOpenScene("openssh");
    const [first] = sshTraces(home).pids;
    const other = await makeSshd();
    editConfig(home, (config) => {
      config.tunnels.web = entryFor(other, port, service.port, "openssh");
    });
    await until(() => hasEnded(first ?? 0));
    await expect.poll(() => sshTraces(home)).toMatchObject({ pids: { length: 1 }, folders: { length: 1 }, receipts: { length: 1 } });

    expect((await home.run("down", "web")).code).toBe(0);
    await expect.poll(() => sshTraces(home)).toEqual(noTraces);

    expect((await home.run("up", "web")).code).toBe(0);
    expect(sshTraces(home)).toMatchObject({ pids: { length: 1 }, folders: { length: 1 }, receipts: { length: 1 } });
    expect(await home.run("remove", "web")).toMatchObject({ code: 0 });
    await expect.poll(() => sshTraces(home)).toEqual(noTraces);
    expect(await tunnels(home)).toEqual([]);
  });
});

/** A daemon with ten tunnels, each held by an ssh of its own. */
async function makeTen() {
  const [sshd, service] = await Promise.all([makeSshd(), makeService()]);
  const home = makeHome();
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  const entries = [...ports].map((port, index) => [`web${index}`, entryFor(sshd, port, service.port, "openssh")]);
  mkdirSync(dirname(home.paths.configFile), { recursive: true, mode: 0o700 });
  writeFileSync(home.paths.configFile, JSON.stringify({ tunnels: Object.fromEntries(entries) }));
  const up = await home.run("up");
  expect(up.code, up.stdout + up.stderr).toBe(0);
  expect((await tunnels(home)).every(isVerified)).toBe(true);
  expect(sshTraces(home)).toMatchObject({ pids: { length: count }, folders: { length: count }, receipts: { length: count } });
  return { home, sshd };
}

async function killDaemon(home: Home): Promise<void> {
  const pid = home.daemonPid() ?? 0;
  process.kill(pid, "SIGKILL");
  await until(() => hasEnded(pid));
}
