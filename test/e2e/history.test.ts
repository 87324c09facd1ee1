import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { HistoryRecord, HistoryReport } from "../../src/api/history.js";
import { hasEnded } from "../../src/base/process-identity.js";
import type { Home } from "../support/clawtunnel.js";
import { until } from "../support/until.js";
import { isVerified, makeHome, makeOpenScene, tunnels, untilTunnel } from "./scene.js";

const recordsIn = (text: string) =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as HistoryRecord);

it("tells of an outage: as it happens, afterwards, and in the file, in the same words", async () => {
  const { home, sshd } = await makeOpenScene();
  const events = home.start("events", "--since", "1h");
  await until(() => events.stdout().includes('"to":"verified"'));
  expect(recordsIn(events.stdout())[0]).toMatchObject({ type: "daemon-started", lastAliveAt: null });

  await sshd.killSessions();
  await untilTunnel(home, "web", (tunnel) => tunnel.reconnects === 1 && isVerified(tunnel));
  await until(() => (events.stdout().match(/"to":"verified"/g) ?? []).length === 2);
  events.child.kill("SIGINT");
  expect(await events.ended).toMatchObject({ code: 0, stderr: "" });

  const told = recordsIn(events.stdout());
  expect(told).toEqual(recordsIn(readFileSync(home.paths.historyFile, "utf8")));
  const outage = told.find(({ type }) => type === "outage");
  expect(outage).toMatchObject({ tunnel: "web", noticedBy: "socket", durationMs: expect.any(Number) });
  expect(outage).toMatchObject((await tunnels(home))[0]?.lastOutage ?? {});

  const { code, stdout } = await home.run("history");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^web {2}up \d\d\.\d\d % of the last day, .*\n {2}1 outage in the month, back after \d+ \S+ on average\n/);
  expect(stdout).toContain("seen as the connection ended");
  const report = JSON.parse((await home.run("history", "web", "--json")).stdout) as HistoryReport;
  expect(report.tunnels).toMatchObject([{ name: "web", outageCount: { day: 1, week: 1, month: 1 }, outages: [{ noticedBy: "socket" }] }]);
});

it("remembers over the daemon's end: to the next daemon, and while none runs", async () => {
  const { home, sshd } = await makeOpenScene();
  await sshd.killSessions();
  const { lastOutage } = await untilTunnel(home, "web", (tunnel) => tunnel.reconnects === 1 && isVerified(tunnel));
  await home.run("daemon", "--stop");
  await until(() => home.daemonPid() === undefined);

  const alone = await home.run("history", "web");
  expect(alone).toMatchObject({ code: 0, stderr: "" });
  expect(alone.stdout).toContain("1 outage in the month");
  expect((await home.run("history", "nobody")).code).toBe(2);

  expect((await home.run("up")).code).toBe(0);
  expect((await tunnels(home))[0]).toMatchObject({ name: "web", lastOutage, reconnects: 0 });
  expect((await home.run("history", "nobody")).code).toBe(2);
});

it.skipIf(process.platform === "win32")("takes a kill -9 for an outage, and mends the line that was being written", async () => {
  const { home } = await makeOpenScene();
  await kill(home);
  appendFileSync(home.paths.historyFile, '{"at":"2026-01-01T00:00:00.000Z","type":"sta');

  expect((await home.run("history")).stdout).toMatch(/goes on for .* {2}daemon-died/);
  expect((await home.run("up")).code).toBe(0);

  expect((await tunnels(home))[0]?.lastOutage).toMatchObject({ cause: "daemon-died", noticedBy: "daemon-start" });
  const { stdout } = await home.run("history");
  expect(stdout).toMatch(/ {2}daemon-died, seen as the daemon started again/);
  expect(stdout).not.toContain("goes on");
  const records = recordsIn(readFileSync(home.paths.historyFile, "utf8"));
  const starts = records.filter(({ type }) => type === "daemon-started");
  expect(starts).toMatchObject([{ lastAliveAt: null }, { lastAliveAt: expect.any(String) }]);
});

it("makes the best of lines that are well-formed and wrong: the daemon starts, tunnels come up", async () => {
  const { home } = await makeOpenScene();
  await home.run("daemon", "--stop");
  await until(() => home.daemonPid() === undefined);
  const wrong = [null, { name: "web", standing: "down", lastOutage: null, openOutage: {} }];
  writeFileSync(home.paths.historyFile, `${JSON.stringify({ at: "2026-01-01T00:00:00Z", type: "checkpoint", tunnels: wrong })}\n`);

  expect(await home.run("history")).toMatchObject({ code: 0, stderr: "" });
  expect((await home.run("up")).code).toBe(0);
  expect(await tunnels(home)).toMatchObject([{ name: "web", health: "verified", lastOutage: null }]);
});

it("says that it cannot be read where it cannot, not that nothing was", async () => {
  const { home } = await makeOpenScene();
  rmSync(home.paths.historyFile);
  mkdirSync(home.paths.historyFile);
  const unreadable = { code: 1, stdout: "", stderr: expect.stringContaining("cannot read the history in ") };

  expect(await home.run("history")).toMatchObject(unreadable);
  expect(await home.run("events", "--since", "1h")).toMatchObject(unreadable);
  await home.run("daemon", "--stop");
  await until(() => home.daemonPid() === undefined);
  expect(await home.run("history")).toMatchObject(unreadable);
});

it("tells of a restart as of a session that took over, and counts no outage for it", async () => {
  const { home } = await makeOpenScene();
  const events = home.start("events", "--since", "1h");
  await until(() => events.stdout().includes('"to":"verified"'));

  expect((await home.run("restart", "web")).code).toBe(0);

  await until(() => events.stdout().includes('"type":"renewal"'));
  events.child.kill("SIGINT");
  const told = recordsIn((await events.ended).stdout);
  const renewal = told.findIndex(({ type }) => type === "renewal");
  expect(told[renewal]).toMatchObject({ tunnel: "web", reason: "restart-asked", outcome: "renewed", message: null });
  // The tunnel was up and verified all the time.
  expect(told.slice(renewal).filter((record) => "to" in record)).toEqual([]);
  expect(told.filter((record) => "to" in record).at(-1)).toMatchObject({ type: "health", to: "verified" });
  const report = JSON.parse((await home.run("history", "web", "--json")).stdout) as HistoryReport;
  expect(report.tunnels).toMatchObject([{ name: "web", outageCount: { day: 0, week: 0, month: 0 }, outages: [] }]);
});

it("still shows a tunnel that was removed", async () => {
  const { home } = await makeOpenScene();
  await home.run("remove", "web");
  expect((await home.run("history", "web")).stdout).toMatch(/^web {2}up .* of the last day/);
});

it("ends its events with the daemon, and quietly when their reader has left", async () => {
  const { home } = await makeOpenScene();
  const read = home.start("events", "--since", "1h");
  const unread = home.start("events", "--since", "1h");
  await until(() => read.stdout().includes('"to":"verified"') && unread.stdout().includes('"to":"verified"'));
  unread.child.stdout?.destroy();
  await home.run("restart", "web");
  expect(await unread.ended).toMatchObject({ code: 0, stderr: "" });

  await home.run("daemon", "--stop");
  expect(await read.ended).toMatchObject({ code: 3, stderr: "the daemon has ended\n" });
  expect(recordsIn(read.stdout()).at(-1)).toMatchObject({ type: "daemon-stopped", why: "asked over the control API" });
});

it("has nothing to tell before the first tunnel, and refuses what it cannot understand", async () => {
  const home = makeHome();
  expect((await home.run("history")).stdout).toContain("nothing recorded yet");
  expect((await home.run("history", "-n", "-1")).code).toBe(2);
  expect((await home.run("events", "--since", "yesterday")).code).toBe(2);
});

async function kill(home: Home): Promise<void> {
  const pid = home.daemonPid() ?? 0;
  process.kill(pid, "SIGKILL");
  await until(() => hasEnded(pid));
}
