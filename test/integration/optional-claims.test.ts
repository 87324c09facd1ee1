import { writeFileSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { resolvePaths } from "../../src/config/paths.js";
import type { TunnelStatus } from "../../src/tunnel/status.js";
import { Cleanups } from "../support/cleanups.js";
import { startDaemonInProcess } from "../support/daemon-in-process.js";
import { quietLog } from "../support/quiet.js";
import { freePort } from "../support/sshd.js";
import { until } from "../support/until.js";
import { fakeEngine } from "../unit/fixtures/fake-engine.js";
import { noKeyring } from "../unit/fixtures/fake-keyring.js";

const cleanups = new Cleanups();
afterEach(cleanups.run);

it("an optional forward makes way for a tunnel that has its address for its own", async () => {
  const folder = cleanups.folder();
  const paths = resolvePaths({ platform: process.platform, env: { CLAWTUNNEL_HOME: folder }, home: folder, user: "" });
  const engine = fakeEngine();
  const { supervisor, close } = await startDaemonInProcess(paths, { engine, keyring: noKeyring, log: quietLog });
  cleanups.add(close);
  const seen = new Map<string, TunnelStatus>();
  supervisor.onChange((tunnel) => seen.set(tunnel.name, tunnel));
  const [main, shared] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const first = {
    target: "me@one",
    forwards: [
      { local: main, to: main },
      { local: shared, to: shared, optional: true },
    ],
  };
  const second = { target: "me@two", forwards: [{ local: shared, to: "127.0.0.1:80" }] };

  writeFileSync(paths.configFile, JSON.stringify({ tunnels: { first } }));
  supervisor.reload("daemon-started");
  engine.logins[0]?.open();
  await until(() => seen.get("first")?.forwards[1]?.listening === true);

  writeFileSync(paths.configFile, JSON.stringify({ tunnels: { first, second } }));
  supervisor.reload("config-changed");
  expect(supervisor.configFailure).toBeUndefined();
  engine.logins[1]?.open();
  await until(() => seen.get("second")?.health === "verified");
  expect(seen.get("second")?.forwards).toMatchObject([{ bind: shared, listening: true, warning: null }]);
});
