import { existsSync, readdirSync, statSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import type { StatusReport } from "../../src/api/contract.js";
import { fetchText, isVerified, makeOpenScene, makeScene, readConfig, targetOf, tunnels, untilTunnel } from "./scene.js";

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === "::1"));

it("takes one command from nothing to an address that answers, on both loopback addresses", async () => {
  const { home, port, words } = await makeScene();

  const up = await home.run("up", ...words);

  expect(up).toMatchObject({ code: 0, stderr: expect.stringMatching(/^daemon started \(pid \d+\)\n$/) });
  expect(up.stdout).toContain(`127.0.0.1:${port}`);
  expect(up.stdout).toContain("verified");
  expect(await fetchText(port)).toBe("ok\n");
  if (hasIpv6) expect(await fetchText(port, "::1")).toBe("ok\n");
  const status = await home.run("status");
  expect(status).toMatchObject({ code: 0, stderr: "" });
  expect(status.stdout).toContain("verified");
  expect(status.stdout).toContain(`127.0.0.1:${port}`);
});

it("prints every field that the contract of `status --json` promises, as the control API says it", async () => {
  const { home, sshd, service, port } = await makeOpenScene();
  await fetchText(port);
  await untilTunnel(home, "web", ({ rttMs, forwards }) => rttMs !== null && forwards[0]?.connections.open === 0);

  const { code, stdout, stderr } = await home.run("status", "--json");

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  const report = JSON.parse(stdout) as StatusReport;
  expect(report).toMatchObject({
    apiVersion: 1,
    daemon: {
      pid: home.daemonPid(),
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      startedAt: expect.stringMatching(isoTime),
      service: "none",
    },
    tunnels: [
      {
        name: "web",
        target: targetOf(sshd),
        engine: "ssh2",
        engineReason: null,
        phase: "up",
        health: "verified",
        since: expect.stringMatching(isoTime),
        attempt: 0,
        nextRetryAt: null,
        rttMs: expect.any(Number),
        reconnects: 0,
        failure: null,
        lastOutage: null,
        forwards: [
          {
            kind: "local",
            bind: `127.0.0.1:${port}`,
            wantedBind: `127.0.0.1:${port}`,
            to: `127.0.0.1:${service.port}`,
            url: expect.stringContaining(`127.0.0.1:${port}`),
            health: { state: "ok", detail: expect.any(String), checkedAt: expect.stringMatching(isoTime) },
            connections: { open: 0, total: 1, waiting: 0 },
            bytesIn: expect.any(Number),
            bytesOut: expect.any(Number),
          },
        ],
      },
    ],
  });
  expect(shapeOf(report)).toEqual(shapeOf(await home.daemon.status()));
  const [forward] = report.tunnels[0]?.forwards ?? [];
  expect(forward?.bytesIn).toBeGreaterThan("ok\n".length);
  expect(forward?.bytesOut).toBeGreaterThan(0);
});

it("prints the address alone on a line, or as a shell assignment", async () => {
  const { home, port } = await makeOpenScene();

  expect(await home.run("url")).toEqual({ code: 0, stdout: `127.0.0.1:${port}\n`, stderr: "" });
  expect(await home.run("url", "web")).toEqual({ code: 0, stdout: `127.0.0.1:${port}\n`, stderr: "" });
  expect(await home.run("url", "web", "--env")).toEqual({ code: 0, stdout: `CLAWTUNNEL_WEB_ADDRESS='127.0.0.1:${port}'\n`, stderr: "" });
});

it("lists and shows what was saved", async () => {
  const { home, sshd, service, port } = await makeOpenScene();

  const list = await home.run("list");
  expect(list).toEqual({
    code: 0,
    stdout: `web  ${targetOf(sshd)}  127.0.0.1:${port} to 127.0.0.1:${service.port}\n`,
    stderr: "",
  });
  const listed = JSON.parse((await home.run("list", "--json")).stdout);
  const shown = JSON.parse((await home.run("show", "web")).stdout);
  expect(listed).toEqual({ web: shown });
  expect(shown).toMatchObject({
    target: targetOf(sshd),
    forwards: [{ local: `127.0.0.1:${port}`, to: `127.0.0.1:${service.port}` }],
    identities: [sshd.clientKeyPath],
  });
});

it("saves what was asked for and not what is the default, in a file for its owner alone, with a schema for the editor", async () => {
  const { home, port, service } = await makeOpenScene();

  const { configFile } = home.paths;
  expect(statSync(configFile).mode & 0o777).toBe(0o600);
  const saved = readConfig(home);
  expect(Object.keys(saved)).toEqual(["$schema", "tunnels"]);
  expect(Object.keys(saved.tunnels.web ?? {}).sort()).toEqual([
    "forwards",
    "globalKnownHosts",
    "identities",
    "knownHosts",
    "sshConfig",
    "target",
  ]);
  expect(saved.tunnels.web?.forwards).toEqual([{ local: `127.0.0.1:${port}`, to: `127.0.0.1:${service.port}` }]);
  expect(existsSync(join(dirname(configFile), saved.$schema ?? ""))).toBe(true);
  expect(readdirSync(home.dir).filter((name) => name.includes("tmp"))).toEqual([]);
});

it("means the same tunnel when the same is asked for again", async () => {
  const { home, words } = await makeScene();
  const first = JSON.parse((await home.run("up", ...words, "--json")).stdout);

  const again = await home.run("up", ...words, "--json");

  expect(again).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(again.stdout).tunnels[0].name).toBe(first.tunnels[0].name);
  expect(JSON.parse(again.stdout).tunnels[0].since).toBe(first.tunnels[0].since);
  expect(await tunnels(home)).toHaveLength(1);
  expect(Object.keys(readConfig(home).tunnels)).toEqual([first.tunnels[0].name]);
});

it("opens a second tunnel beside the first, and names it by its host", async () => {
  const { home, sshd, service, words } = await makeScene();
  await home.run("up", ...words);
  const other = await makeScene();

  const up = await home.run("up", ...other.words, "--json");

  expect(up.code).toBe(0);
  expect(JSON.parse(up.stdout).tunnels[0].name).toBe("127.0.0.1-2");
  expect((await tunnels(home)).every(isVerified)).toBe(true);
  expect(sshd.port).not.toBe(other.sshd.port);
  expect(service.counters.openConnections).toBe(0);
});

it("forgets what was opened with --once, and saves it when it is asked for again without", async () => {
  const { home, words } = await makeScene();

  const once = await home.run("up", ...words, "--once", "--json");
  expect(once.code).toBe(0);
  expect(JSON.parse(once.stdout).tunnels[0].saved).toBe(false);
  expect(existsSync(home.paths.configFile)).toBe(false);
  expect((await home.run("status")).stdout).toContain("not saved");

  const saved = await home.run("up", ...words, "--json");
  expect(saved.code).toBe(0);
  expect(JSON.parse(saved.stdout).tunnels[0].saved).toBe(true);
  expect(Object.keys(readConfig(home).tunnels)).toHaveLength(1);
});

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Every key, and the type of what is behind it. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (value === null || typeof value !== "object") return value === null ? "null" : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, shapeOf(part)]));
}
