import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { Home } from "../support/clawtunnel.js";
import { until } from "../support/until.js";
import {
  entryFor,
  fetchText,
  isVerified,
  makeEchoScene,
  makeOpenScene,
  makeScene,
  readConfig,
  type Scene,
  startTalk,
  tunnels,
  untilTunnel,
} from "./scene.js";

it("keeps down what its schedule has closed, says why and until when, and lets a person open it all the same", async () => {
  const scene = await makeScene();
  const { home, port } = scene;
  writeTunnel(scene, { schedule: { up: dailyAt(-2), down: dailyAt(-1), timeZone: "UTC" } });
  await startDaemon(home);

  const stopped = await untilTunnel(home, "web", ({ reason }) => reason === "schedule");
  expect(stopped).toMatchObject({ phase: "stopped", schedule: { nextRenewAt: null } });
  expect(Date.parse(stopped.schedule?.nextUpAt ?? "")).toBeGreaterThan(Date.now());
  expect(Date.parse(stopped.schedule?.nextDownAt ?? "")).toBeGreaterThan(Date.parse(stopped.schedule?.nextUpAt ?? ""));
  await expect(fetchText(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  const all = await home.run("status");
  expect(all.stdout).toMatch(/^ {2}down by its schedule; up at \d\d:\d\d \(in 2\d h/m);
  expect([all.code, (await home.run("status", "web")).code]).toEqual([0, 5]);
  expect((await home.run("logs", "web")).stdout).toContain("web: tunnel is stopped  from=stopped reason=schedule");

  expect((await home.run("up", "web")).code).toBe(0);
  await stopDaemon(home);
  await startDaemon(home);
  await untilTunnel(home, "web", isVerified);
});

it("opens what its schedule has opened, until a person takes it down", async () => {
  const scene = await makeScene();
  const { home } = scene;
  writeTunnel(scene, { schedule: { up: dailyAt(-1), down: dailyAt(-2), timeZone: "UTC" } });
  await startDaemon(home);
  await untilTunnel(home, "web", isVerified);

  expect((await home.run("down", "web")).stderr).toMatch(/opens it again, and its schedule at \d\d:\d\d \(in 2\d h/);
  await stopDaemon(home);
  await startDaemon(home);

  const stopped = await untilTunnel(home, "web", ({ reason }) => reason === "asked");
  expect(stopped).toMatchObject({ phase: "stopped", schedule: { nextUpAt: expect.any(String) } });
  expect((await home.run("status")).stdout).toMatch(/^ {2}its schedule opens it at \d\d:\d\d \(in 2\d h/m);
});

it("follows an edit of the schedule without touching the session, and closes at the time itself", async () => {
  const { home } = await makeOpenScene();
  const before = await untilTunnel(home, "web", isVerified);
  expect(before.schedule).toBeNull();

  editTunnel(home, { schedule: { up: dailyAt(-2), down: dailyAt(-1), timeZone: "UTC" } });
  const after = await untilTunnel(home, "web", ({ schedule }) => schedule !== null);
  expect(after).toMatchObject({ phase: "up", since: before.since });

  editTunnel(home, { schedule: { down: "*/2 * * * * *" } });
  const closed = await untilTunnel(home, "web", ({ phase }) => phase === "stopped");
  expect(closed).toMatchObject({ reason: "schedule", schedule: { nextUpAt: null } });
  expect((await home.run("status")).stdout).toContain("down by its schedule; open it: clawtunnel up web");

  editTunnel(home, { schedule: undefined });
  expect(await untilTunnel(home, "web", isVerified)).toMatchObject({ schedule: null });
});

it("renews the session at the time for it, again and again, and keeps what is open", async () => {
  const { home, port } = await makeEchoScene();
  const talk = await startTalk(port);
  expect(await talk.say("before")).toBe("before");
  editTunnel(home, { renew: "*/2 * * * * *" });

  const renewed = /"reason":"renewal-due".*"a new session has taken over"/g;
  await until(() => (readFileSync(home.paths.logFile, "utf8").match(renewed) ?? []).length >= 2);
  expect(await talk.say("after")).toBe("after");
  expect(await tunnels(home)).toMatchObject([{ health: "verified", reconnects: 0 }]);
});

it("says which part of a schedule is wrong, and leaves the tunnel as it was", async () => {
  const { home, port } = await makeOpenScene();
  editTunnel(home, { schedule: { up: "0 25 * * *", down: "0 19 30 2 *", timeZone: "Europe/Atlantis" }, renew: "soon" });

  const check = await home.run("config", "check");
  expect(check.code).toBe(1);
  expect(check.stderr).toContain('tunnels.web.schedule.up: "25" cannot be the hour, which is 0-23');
  expect(check.stderr).toContain('tunnels.web.schedule.down: "0 19 30 2 *" never comes');
  expect(check.stderr).toContain('tunnels.web.schedule.timeZone: "Europe/Atlantis" is not a time zone');
  expect(check.stderr).toContain("tunnels.web.renew: must be five cron fields");
  await until(async () => (await home.daemon.status()).daemon.config.failure?.code === "config-invalid");
  expect(await fetchText(port)).not.toBe("");
});

/** Each day at a full hour that is so many hours away from this one, UTC: never one that comes while a test runs. */
function dailyAt(hoursFromNow: number): string {
  return `0 ${(new Date(Date.now()).getUTCHours() + hoursFromNow + 24) % 24} * * *`;
}

function writeTunnel({ home, sshd, port, service }: Scene, changes: object): void {
  mkdirSync(home.dir, { recursive: true });
  writeFileSync(home.paths.configFile, JSON.stringify({ tunnels: { web: { ...entryFor(sshd, port, service.port), ...changes } } }));
}

function editTunnel(home: Home, changes: object): void {
  const config = readConfig(home);
  config.tunnels.web = { ...config.tunnels.web, ...changes };
  writeFileSync(home.paths.configFile, JSON.stringify(config));
}

async function startDaemon(home: Home): Promise<void> {
  home.start("daemon");
  await until(() => home.daemon.status());
}

async function stopDaemon(home: Home): Promise<void> {
  await home.daemon.shutdown();
  await until(() => home.daemonPid() === undefined);
}
