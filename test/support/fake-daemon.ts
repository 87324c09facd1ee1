import { mkdirSync } from "node:fs";
import { listenOnEndpoint } from "../../src/api/endpoint.js";
import { createApiServer } from "../../src/api/server.js";
import { systemClock } from "../../src/base/clock.js";
import type { Paths } from "../../src/config/paths.js";
import { History } from "../../src/daemon/history/history.js";
import { openLog } from "../../src/daemon/log/log-file.js";
import type { Keyring } from "../../src/daemon/people/keyring.js";
import { openPeople } from "../../src/daemon/people/people.js";
import { apiRoutes } from "../../src/daemon/routes.js";
import { Supervisor } from "../../src/daemon/supervisor.js";
import { type FakeEngine, type FakeLogin, fakeEngine } from "../unit/fixtures/fake-engine.js";
import { until } from "./until.js";

/** A daemon whose servers are the test's own: all of it is real but the engine and the keyring. */
export interface FakeDaemon {
  readonly supervisor: Supervisor;
  readonly engine: FakeEngine;
  /** The latest log-in that nothing has come of yet. */
  login(): Promise<FakeLogin>;
  close(): Promise<void>;
}

export async function startFakeDaemon(paths: Paths, keyring: Keyring): Promise<FakeDaemon> {
  mkdirSync(paths.stateDir, { recursive: true });
  const engine = fakeEngine();
  const { logger: log } = openLog(paths.logFile, { level: "debug", echo: () => {} });
  const history = new History({ path: paths.historyFile, version: "0.0.0", nowMs: () => Date.now(), log });
  const people = openPeople(keyring, log);
  const supervisor = new Supervisor({
    paths,
    engine,
    people,
    clock: systemClock,
    log,
    chance: () => 0.5,
    agentSocket: undefined,
    takePast: (name) => history.takePast(name),
  });
  supervisor.onChange((tunnel) => history.note(tunnel));
  const daemonStatus = () => ({
    pid: process.pid,
    version: "0.0.0",
    startedAt: "2026-01-01T00:00:00.000Z",
    service: "none" as const,
    crypto: "native" as const,
    socket: paths.controlEndpoint,
    config: { path: paths.configFile, failure: null },
    log: { path: paths.logFile, failure: null },
    state: { path: paths.stateFile, failure: supervisor.settleState() },
  });
  const routes = apiRoutes({ supervisor, history, secrets: people.secrets, logFile: paths.logFile, daemonStatus, shutdown: () => {} });
  const server = createApiServer(routes, log);
  await listenOnEndpoint(server, paths.controlEndpoint);
  return {
    supervisor,
    engine,
    login: () => until(() => engine.logins.filter(({ isPending }) => isPending).at(-1)),
    close: async () => {
      supervisor.stop();
      history.close("the test is over");
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
