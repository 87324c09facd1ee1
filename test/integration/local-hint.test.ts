import { afterEach, expect, it } from "vitest";
import { DaemonClient } from "../../src/api/client.js";
import { Failure } from "../../src/base/failure.js";
import { resolvePaths } from "../../src/config/paths.js";
import { localNetworkHint } from "../../src/daemon/service/local-network-hint.js";
import type { SshEngine } from "../../src/ssh/session.js";
import { Cleanups } from "../support/cleanups.js";
import { startDaemonInProcess } from "../support/daemon-in-process.js";
import { quietLog } from "../support/quiet.js";
import { freePort } from "../support/sshd.js";
import { until } from "../support/until.js";
import { fakeKeyring } from "../unit/fixtures/fake-keyring.js";

const cleanups = new Cleanups();
afterEach(cleanups.run);

const surroundings = { keys: "", knownHosts: "", sshConfig: "" };

/** Finds no way to any server, as an agent of launchd without consent to use the local network. */
const engine: SshEngine = {
  connect: async ({ target }) => {
    throw new Failure("host-unreachable", `${target.host}: the network cannot reach it (connect EHOSTUNREACH 192.168.1.20:22)`);
  },
  firstHop: async () => null,
  surroundings: async () => surroundings,
};

it("tells in `status` that macOS may keep a service from the local network, and only where that may be", async () => {
  const home = cleanups.folder();
  const paths = resolvePaths({ platform: process.platform, env: { CLAWTUNNEL_HOME: home }, home, user: "me" });
  let release = "24.6.0";
  const { close } = await startDaemonInProcess(paths, {
    engine,
    keyring: fakeKeyring(),
    log: quietLog,
    localHint: (failure, firstHop) =>
      localNetworkHint({ platform: "darwin", release, service: "launchd", isSystemScope: false }, failure, firstHop),
  });
  cleanups.add(close);
  const client = new DaemonClient(paths.controlEndpoint);
  await client.create({
    name: "nas",
    tunnel: { target: "me@nas", forwards: [{ local: `127.0.0.1:${await freePort()}`, to: "127.0.0.1:80" }] },
  });
  const failureNow = async () => (await client.status()).tunnels.find(({ name }) => name === "nas")?.failure ?? undefined;

  expect(await until(failureNow)).toMatchObject({ code: "host-unreachable", hint: expect.stringContaining("Local Network") });
  release = "23.6.0";
  expect(await until(failureNow)).toMatchObject({ code: "host-unreachable", hint: expect.stringContaining("keeps trying") });
});
