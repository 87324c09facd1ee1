import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import type { TunnelStatus } from "../../src/tunnel/status.js";
import { makeFaultScene } from "../faults/scene.js";
import type { Home } from "../support/clawtunnel.js";
import { Cleanups } from "../support/cleanups.js";
import { findFaketime, makeFakeClock } from "../support/faketime.js";
import { hasDbusDaemon, startPrivateBus } from "../support/private-bus.js";
import { isRequired } from "../support/required.js";
import { freePort } from "../support/sshd.js";
import { until } from "../support/until.js";
import { entryFor, fetchText, isVerified, makeHome, makeService, makeSshd, tunnels, untilTunnel } from "./scene.js";

const hourMs = 3_600_000;

it.skipIf(!hasDbusDaemon && !isRequired("dbus"))(
  "tries at once when logind says that the machine woke up (needs dbus-daemon)",
  async () => {
    const bus = await startPrivateBus();
    onTestFinished(bus.dispose);
    const { home, sshd } = await makeOpenTunnel({ DBUS_SYSTEM_BUS_ADDRESS: bus.address, CLAWTUNNEL_LOG_LEVEL: "debug" });
    await untilLogged(home, { event: "logind.heard" });
    const logind = await bus.join();
    await logind.own("org.freedesktop.login1");
    await sshd.stop();
    await untilTunnel(
      home,
      "web",
      ({ phase, nextRetryAt }) => phase === "waiting" && Date.parse(nextRetryAt ?? "") > Date.now() + hourMs / 60,
    );

    await logind.prepareForSleep(true);
    await logind.prepareForSleep(false);

    await untilLogged(home, { event: "tunnel.connecting", reason: "woke" });
    const events = (await logged(home)).map(({ event }) => event);
    expect(events.indexOf("daemon.sleep")).toBeGreaterThan(0);
    expect(events.indexOf("daemon.wake")).toBeGreaterThan(events.indexOf("daemon.sleep"));
  },
);

it.skipIf(process.platform === "win32")(
  "keeps a session that is as good as before after twelve seconds in which it did not run",
  async () => {
    const { home, port } = await makeOpenTunnel();
    const [before] = await tunnels(home);
    const pid = home.daemonPid() ?? 0;

    process.kill(pid, "SIGSTOP");
    // The shortest gap that counts as one is ten seconds over the beat.
    await delay(12_500);
    process.kill(pid, "SIGCONT");

    const gap = await untilLogged(home, { event: "daemon.gap" });
    expect(gap).toMatchObject({ kind: "stall", lengthMs: expect.any(Number) });
    expect(gap.lengthMs).toBeGreaterThanOrEqual(10_000);
    const after = await untilTunnel(home, "web", (tunnel) => isVerified(tunnel) && checkedAtMs(tunnel) > Date.parse(String(gap.time)));
    expect(after).toMatchObject({ since: before?.since, reconnects: 0, lastOutage: null });
    expect(await fetchText(port)).toBe("ok\n");
  },
);

it.skipIf(process.platform === "win32").each([
  ["a session that fell silent meanwhile", "replaces it by itself"],
  ["a log-in that was on its way", "begins it anew"],
] as const)("finds after twelve seconds %s, and %s", async (what, _then) => {
  // Nothing but the wake makes it look before an hour or a minute is over.
  const { proxy, story, pid } = await makeFaultScene({ keepaliveIntervalMs: hourMs, connectTimeoutMs: 60_000 });
  const isLogIn = what === "a log-in that was on its way";
  if (isLogIn) {
    proxy.use({ kind: "mute" }, "coming");
    proxy.use({ kind: "cut", by: "reset" }, "live");
    await story.until(({ phase, reason }) => phase === "connecting" && reason === "retry-due");
    await until(() => proxy.accepted === 2);
  }

  process.kill(pid, "SIGSTOP");
  await delay(12_500);
  proxy.use({ kind: "swallow", ways: ["to-server", "to-client"] }, "live");
  proxy.use({ kind: "none" }, "coming");
  const from = story.changes.length;
  process.kill(pid, "SIGCONT");

  const after = await story.until((tunnel) => tunnel.reconnects === 1 && isVerified(tunnel), from);
  expect(after.lastOutage).toMatchObject(isLogIn ? { noticedBy: "socket" } : { cause: "peer-silent", noticedBy: "probe" });
  const begun = story.changes.slice(from).filter(({ phase }) => phase === "connecting");
  expect(begun.map(({ reason }) => reason)).toEqual([isLogIn ? "woke" : "retry-due"]);
});

it.skipIf(findFaketime() === undefined && !isRequired("faketime"))(
  "takes a wall clock that is set forward and back for just that (needs libfaketime)",
  async () => {
    const cleanups = new Cleanups();
    onTestFinished(cleanups.run);
    const clock = makeFakeClock(cleanups.folder());
    const { home, port } = await makeOpenTunnel(clock.env);
    const [before] = await tunnels(home);

    for (const [offsetMs, stepMs] of [
      [hourMs, hourMs],
      [0, -hourMs],
    ] as const) {
      clock.set(offsetMs);
      const isOfThisStep = ({ lengthMs }: LogLine) => Math.sign(Number(lengthMs)) === Math.sign(stepMs);
      const gap = await untilLogged(home, { event: "daemon.gap" }, isOfThisStep);
      expect(gap.kind).toBe("clock-step");
      expect(Math.abs(Number(gap.lengthMs) - stepMs)).toBeLessThan(60_000);
      const isCheckedSince = (tunnel: TunnelStatus) => Math.abs(checkedAtMs(tunnel) - Date.now() - offsetMs) < hourMs / 2;
      const after = await untilTunnel(home, "web", (tunnel) => isVerified(tunnel) && isCheckedSince(tunnel));
      expect(after).toMatchObject({ since: before?.since, reconnects: 0, lastOutage: null });
      expect(await fetchText(port)).toBe("ok\n");
    }
    expect((await logged(home)).filter(({ event }) => event === "daemon.gap")).toHaveLength(2);
  },
);

/** A verified tunnel named `web` that is checked each second, and by itself tries a server that is away only within the hour. */
async function makeOpenTunnel(env?: NodeJS.ProcessEnv) {
  const [sshd, service, port] = await Promise.all([makeSshd(), makeService(), freePort()]);
  const home = makeHome(env);
  mkdirSync(dirname(home.paths.configFile), { recursive: true, mode: 0o700 });
  const web = { ...entryFor(sshd, port, service.port), health: { tcp: true, everyMs: 1_000 } };
  writeFileSync(
    home.paths.configFile,
    JSON.stringify({ defaults: { backoff: { firstDelayMs: hourMs, maxDelayMs: hourMs } }, tunnels: { web } }),
  );
  const { code, stdout, stderr } = await home.run("up");
  expect(code, stdout + stderr).toBe(0);
  return { home, sshd, port };
}

type LogLine = Readonly<Record<string, unknown>>;

async function logged(home: Home): Promise<LogLine[]> {
  const lines = (await home.run("logs", "--json", "-n", "1000")).stdout.split("\n");
  return lines.flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
}

/** The first line of the log that has these fields and that `isWanted`, once it is there. */
function untilLogged(home: Home, fields: LogLine, isWanted: (line: LogLine) => boolean = () => true): Promise<LogLine> {
  const hasFields = (line: LogLine) => Object.entries(fields).every(([key, value]) => line[key] === value);
  return until(async () => (await logged(home)).find((line) => hasFields(line) && isWanted(line)));
}

function checkedAtMs(tunnel: TunnelStatus): number {
  return Math.min(...tunnel.forwards.map(({ health }) => Date.parse(health.checkedAt ?? "")));
}
