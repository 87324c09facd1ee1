import { mkdirSync } from "node:fs";
import type { DaemonStatus } from "../../src/api/contract.js";
import { listenOnEndpoint } from "../../src/api/endpoint.js";
import { createApiServer } from "../../src/api/server.js";
import { systemClock } from "../../src/base/clock.js";
import type { Logger } from "../../src/base/logger.js";
import type { Paths } from "../../src/config/paths.js";
import { History } from "../../src/daemon/history/history.js";
import { Audits } from "../../src/daemon/openclaw/audits.js";
import { followClients } from "../../src/daemon/openclaw/follow-client.js";
import { Hardenings } from "../../src/daemon/openclaw/hardening.js";
import { openclawRoutes } from "../../src/daemon/openclaw/routes.js";
import type { Keyring } from "../../src/daemon/people/keyring.js";
import { openPeople } from "../../src/daemon/people/people.js";
import { apiRoutes } from "../../src/daemon/routes.js";
import { Supervisor, type SupervisorContext } from "../../src/daemon/supervisor.js";
import type { SshEngine } from "../../src/ssh/session.js";

export interface DaemonParts {
  readonly engine: SshEngine;
  readonly keyring: Keyring;
  readonly log: Logger;
  readonly localHint?: SupervisorContext["localHint"];
}

export interface DaemonInProcess {
  readonly supervisor: Supervisor;
  close(): Promise<void>;
}

/** A daemon in the test's own process, with its control API: no lock, no signals, and what is given in place of the outside. */
export async function startDaemonInProcess(paths: Paths, { engine, keyring, log, localHint }: DaemonParts): Promise<DaemonInProcess> {
  mkdirSync(paths.stateDir, { recursive: true });
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
    exposureOf: (spec) => audits.exposureOf(spec),
    ...(localHint && { localHint }),
  });
  const audits = new Audits({
    path: paths.auditsFile,
    log,
    nowMs: () => Date.now(),
    tunnels: supervisor,
    onRecord: (record) => history.noteAudit(record),
  });
  supervisor.onChange((tunnel) => history.note(tunnel));
  const clients = followClients(supervisor, paths, log);
  const daemonStatus = (): DaemonStatus => ({
    pid: process.pid,
    version: "0.0.0",
    startedAt: "2026-01-01T00:00:00.000Z",
    service: "none",
    crypto: "native",
    socket: paths.controlEndpoint,
    config: { path: paths.configFile, failure: null },
    log: { path: paths.logFile, failure: null },
    state: { path: paths.stateFile, failure: supervisor.settleState() },
  });
  const hardenings = new Hardenings({ supervisor, stateDir: paths.stateDir, log, onEnd: () => {} });
  const routes = [
    ...apiRoutes({ supervisor, history, secrets: people.secrets, logFile: paths.logFile, daemonStatus, shutdown: () => {} }),
    ...openclawRoutes({ supervisor, audits, clients, hardenings }),
  ];
  const server = createApiServer(routes, log);
  await listenOnEndpoint(server, paths.controlEndpoint);
  return {
    supervisor,
    close: async () => {
      audits.stop();
      supervisor.stop();
      history.close("the test is over");
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
