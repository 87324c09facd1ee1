import { connect } from "node:net";
import { afterEach, expect, it } from "vitest";
import { systemClock } from "../../../src/base/clock.js";
import type { LoginSpec } from "../../../src/config/tunnel-spec.js";
import { Knocker } from "../../../src/ssh/knock.js";
import { nobody } from "../../../src/ssh/person.js";
import { noPast, remember } from "../../../src/tunnel/outage.js";
import { reportTunnel } from "../../../src/tunnel/report.js";
import { TunnelRunner } from "../../../src/tunnel/runner.js";
import { sshEngine } from "../../support/engines.js";
import { knownHostsOptions, loginTo } from "../../support/login.js";
import { holdPort, quietLog } from "../../support/quiet.js";
import { repeat } from "../../support/repeat.js";
import { SshScene } from "../../support/ssh-scene.js";
import { freePort } from "../../support/sshd.js";
import { startTcpService } from "../../support/tcp-service.js";
import type { TestSshd } from "../../support/test-sshd.js";
import { until } from "../../support/until.js";
import { forwardSpec } from "../../unit/fixtures/forwards.js";
import { specFor } from "./scene.js";

const scene = new SshScene(() => {
  throw new Error("sessions are the runner's own here");
});
afterEach(scene.cleanups.run);

const targetOf = ({ user, host, port }: TestSshd) => ({ user, host, port });

/** A tunnel with a target at each server, in order, to one service that echoes; running. */
async function makeTunnel(servers: readonly [TestSshd, ...TestSshd[]], changes: Partial<LoginSpec> = {}) {
  const service = await startTcpService((socket) => socket.pipe(socket));
  scene.cleanups.add(service.close);
  const port = await freePort();
  const [preferred, ...fallbacks] = servers;
  const login = loginTo(preferred, {
    identities: servers.map(({ clientKeyPath }) => clientKeyPath),
    options: knownHostsOptions(servers.map(({ knownHostsPath }) => knownHostsPath)),
    ...changes,
  });
  let past = noPast;
  const runner = new TunnelRunner(
    specFor([], { login, fallbackTargets: fallbacks.map(targetOf), forwards: [forwardSpec(port, service.port)] }),
    {
      engine: sshEngine,
      knocker: new Knocker(() => 0),
      clock: systemClock,
      log: quietLog,
      chance: () => 0,
      agentSocket: () => undefined,
      person: () => nobody,
      busyPolicy: holdPort,
      onChange: (before, after) => {
        past = remember(past, before, after);
      },
    },
  );
  scene.cleanups.add(() => runner.handle({ type: "stop", reason: "asked" }));
  runner.handle({ type: "start", reason: "asked" });
  const report = () => reportTunnel(runner, { past, isSaved: true, scheduleTimes: undefined, prompt: null, isAwaited: false });
  const untilAt = (targetIndex: number) =>
    until(() => report().health === "verified" && report().renewal === null && report().targetIndex === targetIndex);
  return { runner, report, untilAt, port };
}

/** One connection that says a word and hears it again. */
function echo(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port }, () => socket.write("word"));
    socket.setEncoding("utf8").once("data", (text) => {
      resolve(String(text));
      socket.destroy();
    });
    socket.once("error", reject).once("end", () => reject(new Error("closed")));
  });
}

it("is on the next target while the preferred one is away, and back without a break when that is there again", async () => {
  const lan = await scene.sshd();
  const { runner, report, untilAt, port } = await makeTunnel([lan, await scene.sshd()]);
  await untilAt(0);
  await lan.stop();
  await untilAt(1);
  expect(report()).toMatchObject({ reconnects: 1, targets: report().targets.toSorted((one) => (one.endsWith(`:${lan.port}`) ? -1 : 1)) });
  const failures: unknown[] = [];
  const load = repeat(
    () => echo(port).catch((error: unknown) => failures.push(error)),
    () => 5,
  );

  await lan.start();
  runner.reconsider("network-changed");
  await untilAt(0);
  await load.stop();

  expect(failures).toEqual([]);
  expect(report()).toMatchObject({ reconnects: 1, target: `${lan.user}@127.0.0.1:${lan.port}` });
});

it("is not held, and offers no key, where another machine is at the preferred address", async () => {
  const lan = await scene.sshd();
  await lan.replaceHostKey();
  const { report, untilAt, port } = await makeTunnel([lan, await scene.sshd()]);
  await untilAt(1);
  expect(await echo(port)).toBe("word");
  expect(report().failure).toBeNull();
  expect(lan.log()).not.toMatch(/Accepted|Failed|userauth/i);
});

it("stays where it is when the machine that is at the better address now is another one", async () => {
  const lan = await scene.sshd();
  const { runner, report, untilAt, port } = await makeTunnel([lan, await scene.sshd()]);
  await untilAt(0);
  await lan.stop();
  await untilAt(1);
  await lan.replaceHostKey();
  await lan.start();
  runner.reconsider("network-changed");
  await until(() => report().renewal?.failure != null);
  expect(report()).toMatchObject({
    phase: "up",
    health: "verified",
    targetIndex: 1,
    renewal: { reason: "preferred-target", failure: { code: "host-key-changed" } },
  });
  expect(await echo(port)).toBe("word");
});

it("goes on where it was when a session is lost, not where it would like to be", async () => {
  const lan = await scene.sshd();
  const road = await scene.sshd();
  const { untilAt, report } = await makeTunnel([lan, road]);
  await untilAt(0);
  await lan.stop();
  await untilAt(1);
  await lan.start();
  await road.killSessions();
  await until(() => report().reconnects === 2);
  await untilAt(1);
});

it("waits for any of its servers when all are away", async () => {
  const lan = await scene.sshd();
  const road = await scene.sshd();
  await lan.stop();
  await road.stop();
  const { untilAt, report } = await makeTunnel([lan, road]);
  await until(() => report().phase === "waiting" && report().attempt > 2);
  expect(report().failure?.message).toMatch(/^none of the 2 targets let us in: .*; /);
  await road.start();
  await untilAt(1);
});

it("is held only when every target needs a person, and tells that of the server that is known", async () => {
  const lan = await scene.sshd();
  await lan.replaceHostKey();
  const road = await scene.sshd();
  const { report } = await makeTunnel([lan, road], { identities: [scene.key("-t", "ed25519", "-N", "")] });
  await until(() => report().phase === "held");
  expect(report().failure).toMatchObject({ code: "auth-rejected" });
});
