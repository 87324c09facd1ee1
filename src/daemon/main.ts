import { release, uptime } from "node:os";
import { dirname } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { DaemonStatus } from "../api/contract.js";
import { standAtEndpoint } from "../api/endpoint.js";
import { createApiServer } from "../api/server.js";
import { isoTime, systemClock } from "../base/clock.js";
import { makePrivateFolder } from "../base/files.js";
import { ownVersion } from "../base/version.js";
import { checkEndpoint, type Paths } from "../config/paths.js";
import { watchConfigFile } from "../config/watch.js";
import { localNetworkHint, scopeVariable } from "../service/launchd/local-network-hint.js";
import { createSshEngine } from "../ssh/engine.js";
import { createOpensshEngine } from "../ssh/openssh/engine.js";
import { hasNativeCrypto } from "../ssh/ssh2/algorithms.js";
import { ssh2Engine } from "../ssh/ssh2/engine.js";
import { History } from "./history/history.js";
import { takeLock } from "./lock.js";
import { openLog } from "./log/log-file.js";
import { systemKeyring } from "./people/keyring.js";
import { openPeople } from "./people/people.js";
import { apiRoutes } from "./routes.js";
import { Supervisor } from "./supervisor.js";
import { startPulse } from "./wake/pulse.js";
import { watchSleep } from "./wake/sleep.js";
import { type WakeWitness, WakeWitnesses } from "./wake/wake-witness.js";

/** How often to look whether lock and socket are still ours: two daemons may start in the same instant, and folders may be removed. */
const homeCheckMs = 2_000;
/** After this the process ends even if something hangs. */
const shutdownMaxMs = 1_500;

export interface DaemonOptions {
  readonly paths: Paths;
  /** Told each line of the log as well: for a person who watches. */
  readonly echo: (line: string) => void;
  /** Called when the control API answers. */
  readonly onReady: () => void;
}

/**
 * Runs the daemon until SIGTERM, SIGINT, SIGHUP or a shutdown request. Everything is plugged together here: what goes up from top
 * to bottom comes down from bottom to top.
 */
export async function runDaemon({ paths, echo, onReady }: DaemonOptions): Promise<void> {
  process.umask(0o077);
  checkEndpoint(paths.controlEndpoint);
  makePrivateFolder(paths.stateDir);
  const lock = takeLock(paths.lockFile);
  const log = openLog(paths.logFile, { level: process.env.CLAWTUNNEL_LOG_LEVEL ?? "info", echo });
  const version = ownVersion();
  log.logger.info({ event: "daemon.start", version, node: process.version, stateDir: paths.stateDir }, "daemon starts");

  const history = new History({ path: paths.historyFile, version, nowMs: () => Date.now(), log: log.logger });
  const stop = stopSignal();
  process.once("uncaughtException", (error) => {
    // Not `fatal`: that waits for the line to be written, for ever on a full disk.
    log.logger.error({ event: "daemon.bug", err: error }, "the daemon ends because of a bug");
    process.exit(1);
  });
  const consent = {
    platform: process.platform,
    release: release(),
    service: process.env.CLAWTUNNEL_SERVICE ?? "none",
    isSystemScope: process.env[scopeVariable] === "system",
  };
  const openssh = createOpensshEngine({ stateDir: paths.stateDir, runtimeDir: dirname(paths.controlEndpoint) });
  await openssh.reap();
  const people = openPeople(systemKeyring, log.logger);
  const supervisor = new Supervisor({
    paths,
    engine: createSshEngine({ ssh2: ssh2Engine, openssh }),
    people,
    clock: systemClock,
    log: log.logger,
    chance: Math.random,
    agentSocket: process.env.SSH_AUTH_SOCK,
    takePast: (name) => history.takePast(name),
    localHint: (failure, firstHop) => localNetworkHint(consent, failure, firstHop),
  });
  supervisor.onChange((tunnel) => history.note(tunnel));
  const startedAt = isoTime(Date.now());
  const daemonStatus = (): DaemonStatus => ({
    pid: process.pid,
    version,
    startedAt,
    service: "none",
    crypto: hasNativeCrypto ? "native" : "javascript",
    socket: paths.controlEndpoint,
    config: { path: paths.configFile, failure: supervisor.configFailure?.report() ?? null },
    log: { path: paths.logFile, failure: log.failure() },
    state: { path: paths.stateFile, failure: supervisor.settleState() },
  });
  const shutdown = () => stop.ask("asked over the control API");
  const routes = apiRoutes({ supervisor, history, secrets: people.secrets, logFile: paths.logFile, daemonStatus, shutdown });
  const endpoint = await standAtEndpoint(() => createApiServer(routes, log.logger), paths.controlEndpoint).catch((error: unknown) => {
    history.close("it cannot be reached");
    lock.release();
    throw error;
  });
  let why = "it could not start";
  try {
    supervisor.reload("daemon-started");
    const unwatch = watchConfigFile(
      paths.configFile,
      () => supervisor.reload("config-changed"),
      (error) =>
        log.logger.warn({ event: "config.unwatched", err: error }, "edits of the config go unnoticed until the daemon starts again"),
    );
    const homeTimer = setInterval(() => {
      supervisor.settleState();
      if (lock.isTakenOver()) stop.ask("another daemon has taken over");
      endpoint
        .restore()
        .catch((error: unknown) => log.logger.error({ event: "api.unreachable", err: error }, "the control socket cannot be made again"));
    }, homeCheckMs);
    const witnesses = new WakeWitnesses();
    const onWake = (witness: WakeWitness) => {
      if (witnesses.isNews(witness, uptime() * 1000)) supervisor.reconsider("woke");
    };
    const stopPulse = startPulse({
      onGap: (gap) => {
        log.logger.info({ event: "daemon.gap", ...gap }, "the clocks jumped");
        history.noteGap(gap);
        supervisor.followSchedules();
        // A clock that was set is no sleep: nothing that waits or stands is any different for it.
        if (gap.kind !== "clock-step") onWake("clocks");
      },
      onNetworkChange: () => {
        log.logger.info({ event: "daemon.network" }, "the network changed");
        supervisor.reconsider("network-changed");
      },
    });
    onReady();
    const unwatchSleep = await watchSleep(log.logger, () => onWake("logind"));

    why = await stop.asked;
    log.logger.info({ event: "daemon.stop", why }, "daemon stops");
    setTimeout(() => process.exit(0), shutdownMaxMs).unref();
    unwatchSleep();
    stopPulse();
    clearInterval(homeTimer);
    unwatch();
  } finally {
    supervisor.stop();
    history.close(why);
    // A turn for the last events to leave before their connections end.
    await setImmediate();
    endpoint.close();
    lock.release();
  }
}

function stopSignal(): { readonly asked: Promise<string>; ask(why: string): void } {
  let ask: (why: string) => void = () => {};
  const asked = new Promise<string>((resolve) => {
    ask = resolve;
  });
  // Not once: when-exit, which conf brings along, sends each signal to the process a second time, and without a handler that one kills.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => ask(signal));
  return { asked, ask };
}
