import { existsSync, mkdirSync, rmdirSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { hasEnded } from "../../src/base/process-identity.js";
import type { Home } from "../support/clawtunnel.js";
import { freePort } from "../support/sshd.js";
import { until } from "../support/until.js";
import { fetchText, isVerified, makeHome, makeOpenScene, makeScene, tunnels, untilTunnel, wordsFor } from "./scene.js";

it("keeps a tunnel down over a restart of the daemon, until `up` names it", async () => {
  const { home, port } = await makeOpenScene();

  expect(await home.run("down", "web")).toEqual({ code: 0, stdout: "", stderr: "web is down; `clawtunnel up web` opens it again\n" });
  await expect(fetchText(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  expect(await tunnels(home)).toMatchObject([{ phase: "stopped", forwards: [{ listening: false }] }]);
  expect((await home.run("status")).code).toBe(0);
  expect((await home.run("status", "web")).code).toBe(5);

  await endDaemon(home);
  const daemon = home.start("daemon");
  await until(() => home.daemon.status());
  expect(await tunnels(home)).toMatchObject([{ name: "web", phase: "stopped" }]);
  await expect(fetchText(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });

  expect((await home.run("up", "web")).code).toBe(0);
  expect(await fetchText(port)).toBe("ok\n");
  expect(daemon.child.exitCode).toBeNull();
});

it("says in status that `down` would not be remembered, while it cannot be, and remembers it once it can", async () => {
  const { home, port } = await makeOpenScene();
  rmSync(home.paths.stateFile, { force: true });
  mkdirSync(home.paths.stateFile);

  expect((await home.run("down", "web")).code).toBe(0);
  await expect(fetchText(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  const { state } = (await home.daemon.status()).daemon;
  expect(state).toEqual({ path: home.paths.stateFile, failure: expect.any(String) });
  expect((await home.run("status")).stdout).toContain(`${state.failure} (${home.paths.stateFile})`);
  expect((await home.run("up", "web")).code).toBe(0);
  expect((await home.run("down", "web")).code).toBe(0);

  rmdirSync(home.paths.stateFile);
  await until(() => existsSync(home.paths.stateFile));
  expect((await home.daemon.status()).daemon.state.failure).toBeNull();
  await endDaemon(home);
  const daemon = home.start("daemon");
  await until(() => home.daemon.status());
  expect(await tunnels(home)).toMatchObject([{ name: "web", phase: "stopped" }]);
  expect(daemon.child.exitCode).toBeNull();
});

it("opens what it had open, by itself, when the daemon starts again", async () => {
  const { home, port } = await makeOpenScene();
  await endDaemon(home);
  expect((await home.run("status")).code).toBe(3);
  await expect(fetchText(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });

  expect((await home.run("up")).code).toBe(0);

  expect(await fetchText(port)).toBe("ok\n");
});

it("closes every tunnel with `down --all`, and wants to be told which otherwise", async () => {
  const { home, sshd, service, port } = await makeOpenScene();
  const otherPort = await freePort();
  await home.run("up", ...wordsFor(sshd, otherPort, service.port), "--name", "other");

  expect((await home.run("down")).code).toBe(2);
  expect((await home.run("down", "--all")).code).toBe(0);

  for (const closed of [port, otherPort]) await expect(fetchText(closed)).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

it("says with exit code 3 that no daemon runs, and starts none to say so", async () => {
  const home = makeHome();

  for (const words of [["status"], ["status", "--json"], ["wait"], ["down", "--all"], ["url"], ["restart"], ["logs", "-f"], ["events"]]) {
    const answer = await home.run(...words);
    expect(answer, words.join(" ")).toMatchObject({ code: 3, stdout: "" });
    expect(answer.stderr).toContain("the daemon is not running");
    expect(answer.stderr).toContain("`clawtunnel up`");
  }
  expect(home.daemonPid()).toBeUndefined();
});

it("waits for a tunnel with exit codes that a script can use", async () => {
  const { home, sshd } = await makeOpenScene();
  expect(await home.run("wait", "web")).toEqual({ code: 0, stdout: "", stderr: "" });
  expect((await home.run("wait")).code).toBe(0);

  await sshd.stop();
  await untilTunnel(home, "web", ({ phase }) => phase === "waiting");
  const late = await home.run("wait", "--timeout", "0.2");
  expect(late.code).toBe(4);
  expect(late.stderr).toContain("nothing listens on that port");

  const waiting = home.start("wait", "web", "--timeout", "50");
  await sshd.start();
  expect((await waiting.ended).code).toBe(0);

  await home.run("down", "web");
  expect((await home.run("wait", "web", "--timeout", "50")).code).toBe(5);
  expect((await home.run("wait", "--timeout", "50")).code).toBe(5);
  expect((await home.run("wait", "nobody")).code).toBe(2);
});

it("takes zero seconds for a look, not for an error", async () => {
  const { home, sshd, words } = await makeScene();
  await sshd.stop();

  expect((await home.run("up", ...words, "--wait", "0")).code).toBe(4);
  expect((await home.run("wait", "--timeout", "0")).code).toBe(4);
});

it("is none the worse for a kill -9", async () => {
  const { home, port } = await makeOpenScene();
  const killed = home.daemonPid() ?? 0;
  process.kill(killed, "SIGKILL");
  await until(() => hasEnded(killed));
  expect(existsSync(home.paths.controlEndpoint)).toBe(true);
  expect((await home.run("status")).code).toBe(3);

  const up = await home.run("up");

  expect(up.code).toBe(0);
  expect(home.daemonPid()).not.toBe(killed);
  expect((await home.daemon.status()).daemon.pid).toBe(home.daemonPid());
  expect(await fetchText(port)).toBe("ok\n");
});

it("ends on SIGTERM with 0 and leaves neither a port nor a socket nor a lock", async () => {
  const { home, port, words } = await makeScene();
  const daemon = home.start("daemon");
  await until(() => home.daemon.status());
  expect(home.daemonPid()).toBe(daemon.child.pid);
  expect((await home.run("up", ...words)).code).toBe(0);
  expect(daemon.stderr()).toContain('"event":"tunnel.up"');

  daemon.child.kill("SIGTERM");

  expect((await daemon.ended).code).toBe(0);
  await expect(fetchText(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  expect(existsSync(home.paths.controlEndpoint)).toBe(false);
  expect(existsSync(home.paths.lockFile)).toBe(false);
});

it("refuses to be the second daemon of a home", async () => {
  const { home } = await makeOpenScene();

  const second = await home.run("daemon");

  expect(second.code).toBe(1);
  expect(second.stderr).toContain(`pid ${home.daemonPid()}`);
});

it("starts one daemon for four commands that come at once", async () => {
  for (let round = 0; round < 3; round += 1) {
    const { home, words } = await makeScene();
    if (round === 1) await leaveStaleLock(home);

    const ups = await Promise.all([1, 2, 3, 4].map(() => home.run("up", ...words)));

    for (const { code, stdout, stderr } of ups) expect(code, stdout + stderr).toBe(0);
    const pids = await Promise.all([home.run("status", "--json"), home.run("status", "--json")]);
    expect(new Set(pids.map(({ stdout }) => JSON.parse(stdout).daemon.pid))).toEqual(new Set([home.daemonPid()]));
    const open = await tunnels(home);
    expect(open).toHaveLength(1);
    expect(open.every(isVerified)).toBe(true);
  }
});

it("keeps two homes apart", async () => {
  const first = await makeOpenScene();
  const second = await makeOpenScene();

  expect(first.home.daemonPid()).not.toBe(second.home.daemonPid());
  expect(await tunnels(first.home)).toHaveLength(1);
  await first.home.run("down", "web");
  expect(await fetchText(second.port)).toBe("ok\n");
});

it("finds its daemon again when its home was named by a relative path", async () => {
  const { sshd, words, port } = await makeScene();
  const home = makeHome({ CLAWTUNNEL_HOME: "../h", HOME: sshd.dir });

  const up = await home.run("up", ...words);

  expect(up.code, up.stderr).toBe(0);
  expect((await home.run("status")).code).toBe(0);
  expect(home.daemonPid()).toBeGreaterThan(0);
  expect(await fetchText(port)).toBe("ok\n");
});

it("lets nobody else near its control socket", async () => {
  const { home } = await makeOpenScene();

  expect(statSync(home.paths.controlEndpoint).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(home.paths.controlEndpoint)).mode & 0o777).toBe(0o700);
});

async function endDaemon(home: Home): Promise<void> {
  const pid = home.daemonPid() ?? 0;
  await home.daemon.shutdown();
  await until(() => hasEnded(pid));
}

/** As a crash leaves it. */
async function leaveStaleLock(home: Home): Promise<void> {
  const daemon = home.start("daemon");
  await until(() => home.daemon.status());
  daemon.child.kill("SIGKILL");
  await daemon.ended;
  expect(existsSync(home.paths.lockFile)).toBe(true);
}

it.skipIf(process.platform === "win32")("knows that it was away, and asks its peers whether they still stand", async () => {
  const { home, sshd, port } = await makeOpenScene();
  const pid = home.daemonPid() ?? 0;
  process.kill(pid, "SIGSTOP");
  await sshd.killSessions();
  // The shortest gap that counts as one is ten seconds over the beat.
  await delay(12_500);
  process.kill(pid, "SIGCONT");

  await untilTunnel(home, "web", ({ reconnects, health }) => reconnects > 0 && health === "verified");
  expect(await fetchText(port)).toBe("ok\n");
  const log = (await home.run("logs", "--json", "-n", "100")).stdout;
  expect(log).toMatch(/"event":"daemon\.gap","kind":"stall"/);
});

it.skipIf(process.platform === "win32")("can be reached again after its socket was removed from under it", async () => {
  const { home } = await makeOpenScene();
  const pid = home.daemonPid();
  rmSync(home.paths.controlEndpoint);
  const { daemon } = await until(async () => existsSync(home.paths.controlEndpoint) && (await home.daemon.status()));
  expect(daemon.pid).toBe(pid);
});

it("ends when it is told to, and starts again with the tunnels that it had", async () => {
  const { home, port } = await makeOpenScene();
  const pid = home.daemonPid() ?? 0;
  expect((await home.run("daemon", "--stop")).code).toBe(0);
  await until(() => hasEnded(pid));
  expect((await home.run("daemon", "--stop")).code).toBe(3);
  expect((await home.run("up")).code).toBe(0);
  expect(await fetchText(port)).toBe("ok\n");
});

it("does not restart what a person took down", async () => {
  const { home } = await makeOpenScene();
  await home.run("down", "web");
  const restart = await home.run("restart", "web");
  expect(restart.code).toBe(2);
  expect(restart.stderr).toContain("clawtunnel up web");
  expect(await tunnels(home)).toMatchObject([{ phase: "stopped" }]);
});
