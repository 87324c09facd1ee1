import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.js";
import { resolvePaths } from "../../src/config/paths.js";
import { openPeople } from "../../src/daemon/people/people.js";
import { Supervisor } from "../../src/daemon/supervisor.js";
import { createSshEngine } from "../../src/ssh/engine.js";
import { createOpensshEngine } from "../../src/ssh/openssh/engine.js";
import { ssh2Engine } from "../../src/ssh/ssh2/engine.js";
import { type Engine, engines } from "../e2e/scene.js";
import { Cleanups } from "../support/cleanups.js";
import type { Fault } from "../support/fault-link.js";
import { type FaultProxy, startFaultProxy } from "../support/fault-proxy.js";
import { startHttpService } from "../support/http-service.js";
import { quietLog, unnamed } from "../support/quiet.js";
import { freePort } from "../support/sshd.js";
import { startTestSshd, type TestSshd } from "../support/test-sshd.js";
import { until } from "../support/until.js";
import { noKeyring } from "../unit/fixtures/fake-keyring.js";

const cleanups = new Cleanups();
let sshd: TestSshd;
beforeAll(async () => {
  sshd = await startTestSshd();
});
afterAll(() => sshd.dispose());
afterEach(cleanups.run);

const faults: readonly { readonly live: Fault; readonly coming?: Fault }[] = [
  { live: { kind: "cut", by: "reset" } },
  { live: { kind: "cut", by: "end" } },
  { live: { kind: "swallow", ways: ["to-server", "to-client"] } },
  { live: { kind: "cut", by: "reset" }, coming: { kind: "mute" } },
  { live: { kind: "cut", by: "reset" }, coming: { kind: "cut", by: "reset" } },
  { live: { kind: "cut", by: "end" }, coming: { kind: "cut-after", way: "to-client", bytes: 1_500, by: "end" } },
];

it.each(engines)(
  "has with %s as many timers, sockets and servers after every fault as before, and none at all once it is stopped",
  async (engine) => {
    const service = await startHttpService();
    cleanups.add(service.close);
    const proxy = await startFaultProxy(sshd.port);
    cleanups.add(proxy.dispose);
    const outside = await settled();
    const { supervisor, port } = await openTunnel(proxy, service.port, engine);
    await untilVerified(supervisor, 0);
    // What is loaded or begun only once is so after the first loss.
    proxy.use({ kind: "cut", by: "reset" }, "live");
    await untilVerified(supervisor, 1);
    // The proxy and its link to sshd live in this process too, and are the same before and after.
    const before = await settled();

    for (const [index, { live, coming }] of faults.entries()) {
      if (coming !== undefined) proxy.use(coming, "coming");
      proxy.use(live, "live");
      if (coming !== undefined) await until(() => (supervisor.report()[0]?.attempt ?? 0) >= 2);
      // A client that gives up while it waits.
      const impatient = connect(port, "127.0.0.1");
      impatient.once("connect", () => impatient.destroy());
      proxy.use({ kind: "none" }, "coming");
      await untilVerified(supervisor, index + 2);
      await until(() => isSame(resources(), before)).catch(() => expect(resources(), JSON.stringify({ live, coming })).toEqual(before));
    }

    supervisor.stop();
    await until(() => isSame(resources(), outside)).catch(() => expect(resources()).toEqual(outside));
  },
);

async function openTunnel(proxy: FaultProxy, servicePort: number, engine: Engine): Promise<{ supervisor: Supervisor; port: number }> {
  const folder = cleanups.folder();
  const paths = resolvePaths({ platform: process.platform, env: { CLAWTUNNEL_HOME: folder }, home: folder, user: "" });
  const port = await freePort();
  const knownHosts = join(folder, "known_hosts");
  writeFileSync(knownHosts, `[127.0.0.1]:${proxy.port} ${sshd.hostKeyPublic}\n`);
  const web = {
    engine,
    target: `${sshd.user}@127.0.0.1:${proxy.port}`,
    forwards: [{ local: `127.0.0.1:${port}`, to: `127.0.0.1:${servicePort}` }],
    identities: [sshd.clientKeyPath],
    knownHosts: [knownHosts],
    globalKnownHosts: [],
  };
  const defaults = {
    keepaliveIntervalMs: 300,
    keepaliveReplyTimeoutMs: 200,
    connectTimeoutMs: 500,
    backoff: { firstDelayMs: 20, maxDelayMs: 100 },
  };
  writeFileSync(paths.configFile, JSON.stringify({ defaults, tunnels: { web } }));
  const supervisor = new Supervisor({
    paths,
    engine: createSshEngine({
      ssh2: ssh2Engine,
      names: unnamed,
      openssh: createOpensshEngine({ stateDir: paths.stateDir, runtimeDir: dirname(paths.controlEndpoint) }),
    }),
    people: openPeople(noKeyring, quietLog),
    clock: systemClock,
    log: quietLog,
    chance: Math.random,
    takePast: () => undefined,
    agentSocket: undefined,
  });
  cleanups.add(() => supervisor.stop());
  supervisor.reload("daemon-started");
  return { supervisor, port };
}

function untilVerified(supervisor: Supervisor, reconnects: number): Promise<unknown> {
  return until(() => supervisor.report().some((tunnel) => tunnel.health === "verified" && tunnel.reconnects >= reconnects));
}

type Resources = Readonly<Record<string, number>>;

/** What keeps this process alive, by kind. */
function resources(): Resources {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** The same at twenty looks in a row. */
async function settled(): Promise<Resources> {
  let last = resources();
  let same = 0;
  await until(() => {
    const now = resources();
    same = isSame(now, last) ? same + 1 : 0;
    last = now;
    return same >= 20;
  });
  return last;
}

function isSame(one: Resources, other: Resources): boolean {
  return JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
}
