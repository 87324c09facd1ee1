import { mkdirSync } from "node:fs";
import type { Paths } from "../../src/config/paths.js";
import { openLog } from "../../src/daemon/log/log-file.js";
import type { Keyring } from "../../src/daemon/people/keyring.js";
import { type FakeEngine, type FakeLogin, fakeEngine } from "../unit/fixtures/fake-engine.js";
import { type DaemonInProcess, startDaemonInProcess } from "./daemon-in-process.js";
import { until } from "./until.js";

/** A daemon whose servers are the test's own: all of it is real but the engine and the keyring. */
export interface FakeDaemon extends DaemonInProcess {
  readonly engine: FakeEngine;
  /** The latest log-in that nothing has come of yet. */
  login(): Promise<FakeLogin>;
}

export async function startFakeDaemon(paths: Paths, keyring: Keyring): Promise<FakeDaemon> {
  mkdirSync(paths.stateDir, { recursive: true });
  const engine = fakeEngine();
  const { logger: log } = openLog(paths.logFile, { level: "debug", echo: () => {} });
  const daemon = await startDaemonInProcess(paths, { engine, keyring, log });
  return { ...daemon, engine, login: () => until(() => engine.logins.filter(({ isPending }) => isPending).at(-1)) };
}
