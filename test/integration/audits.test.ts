import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { AuditRecord } from "../../src/api/history.js";
import { Failure } from "../../src/base/failure.js";
import { resolveTunnel } from "../../src/config/resolve.js";
import type { TunnelEntry } from "../../src/config/schema.js";
import { Audits } from "../../src/daemon/openclaw/audits.js";
import type { RemoteHost, SshSession } from "../../src/ssh/session.js";
import { Cleanups } from "../support/cleanups.js";
import { quietLog } from "../support/quiet.js";
import { fakeSession } from "../unit/fixtures/fake-session.js";
import { tunnelStatus } from "../unit/fixtures/tunnel-status.js";

const cleanups = new Cleanups();
afterEach(cleanups.run);

/** A session whose forwards lead to nobody. */
function sessionWith({ exec }: RemoteHost): SshSession {
  return Object.assign(fakeSession(), { exec, serve: () => Promise.reject(new Failure("service-refused", "nobody listens")) });
}

const refused: RemoteHost = { exec: async () => Promise.reject(new Failure("exec-refused", "the server runs no commands for this key")) };

/** A server that shows this line to whoever asks what listens, and nothing else of itself. */
function serverShowing(line: string): RemoteHost {
  const lines = (input: string) => (input.includes("ss -ltnp") ? ["t ss", `| ${line}`] : []);
  return {
    exec: async (_command, { input = "" }) => ({
      exitCode: 0,
      stdout: ["clawtunnel 42 begin", ...lines(input), "clawtunnel 42 end", ""].join("\n"),
      stderr: "",
    }),
  };
}

const everywhere = serverShowing("LISTEN 0 511 0.0.0.0:18789 0.0.0.0:*");
const onLoopback = serverShowing("LISTEN 0 511 127.0.0.1:18789 0.0.0.0:*");

/** One tunnel to this machine's own loopback, where nothing is dialled, and a clock that the test sets. */
function scene(session: RemoteHost | undefined, entry: Partial<TunnelEntry> = {}) {
  const resolved = resolveTunnel("openclaw", { target: "me@127.0.0.1", sshConfig: "none", preset: "openclaw", ...entry });
  if (!("spec" in resolved)) throw new Error("the tunnel is not right");
  const { spec } = resolved;
  const path = join(cleanups.folder(), "audits.json");
  const runner: { spec: typeof spec; session: SshSession | undefined } = { spec, session: session && sessionWith(session) };
  const records: AuditRecord[] = [];
  const status = { name: spec.name, healthSince: new Date(0).toISOString() };
  const world = { nowMs: Date.parse("2026-01-15T12:00:00Z") };
  const open = () => {
    const audits = new Audits({
      path,
      log: quietLog,
      nowMs: () => world.nowMs,
      tunnels: {
        tunnel: () => ({ runner, announce: () => {} }),
        report: () => [tunnelStatus(status)],
        configFailure: undefined,
      },
      onRecord: (record) => records.push(record),
    });
    cleanups.add(() => audits.stop());
    return audits;
  };
  return { spec, runner, records, world, path, open };
}

it("tells a finding once, and shows it until a look no longer finds it", async () => {
  const { spec, runner, records, open } = scene(everywhere);
  const audits = open();
  expect(audits.exposureOf(spec)).toBeNull();
  expect(await audits.run("openclaw")).toMatchObject({ verdict: "exposed", layers: { reach: { state: "could-not-look" } } });
  await audits.run("openclaw");
  expect(records).toMatchObject([{ type: "audit", tunnel: "openclaw", findings: [{ code: "listens-everywhere", port: 18_789 }] }]);
  expect(audits.exposureOf(spec)).toMatchObject({ verdict: "exposed", findings: [{ code: "listens-everywhere" }] });
  runner.session = sessionWith(refused);
  expect(await audits.run("openclaw")).toMatchObject({ verdict: "unknown", failure: { code: "exec-refused" } });
  expect(audits.exposureOf(spec)).toMatchObject({ verdict: "exposed" });
  runner.session = sessionWith(onLoopback);
  await audits.run("openclaw");
  expect(audits.exposureOf(spec)).toMatchObject({ verdict: "clean", findings: [] });
});

it("knows after a restart what was found before, in a file that only its user reads", async () => {
  const { spec, records, path, open } = scene(everywhere);
  await open().run("openclaw");
  expect(statSync(path).mode & 0o077).toBe(0);
  expect(readFileSync(path, "utf8")).not.toContain("LISTEN 0 511");
  const next = open();
  expect(next.exposureOf(spec)).toMatchObject({ verdict: "exposed" });
  await next.run("openclaw");
  expect(records).toHaveLength(1);
});

it("answers everybody who asks at once with one look", async () => {
  let asked = 0;
  const { open } = scene({
    exec: (command, options, signal) => {
      if (options.input?.includes("ss -ltnp")) asked += 1;
      return onLoopback.exec(command, options, signal);
    },
  });
  const audits = open();
  const [one, other] = await Promise.all([audits.run("openclaw"), audits.run("openclaw")]);
  expect(one).toBe(other);
  expect(asked).toBe(1);
});

it("looks by itself, and not again before it is due", async () => {
  const { world, open, spec } = scene(everywhere);
  const audits = open();
  await audits.follow();
  const first = audits.exposureOf(spec)?.at;
  expect(first).toBe(new Date(world.nowMs).toISOString());
  await audits.follow();
  expect(audits.exposureOf(spec)?.at).toBe(first);
  world.nowMs += 8 * 24 * 3_600_000;
  await audits.follow();
  expect(audits.exposureOf(spec)?.at).not.toBe(first);
});

it("looks at a service that is no gateway only when it is asked to", async () => {
  const forwards = [{ local: "127.0.0.1:5432", to: "127.0.0.1:18789" }];
  const { open, spec } = scene(everywhere, { forwards, health: { tcp: true } });
  const audits = open();
  await audits.follow();
  expect(audits.exposureOf(spec)).toBeNull();
  expect(await audits.runAll()).toEqual([]);
  expect(await audits.run("openclaw")).toMatchObject({ verdict: "exposed", layers: { config: { state: "not-needed" } } });
});

it("refuses a tunnel that leads to nothing on its server", async () => {
  const { open } = scene(everywhere, { forwards: [{ dynamic: "127.0.0.1:1080" }], health: { tcp: true } });
  await expect(open().run("openclaw")).rejects.toMatchObject({ code: "usage" });
});
