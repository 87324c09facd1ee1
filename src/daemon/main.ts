import { release } from "node:os";
import { dirname } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { DaemonStatus } from "../api/contract.js";
import { standAtEndpoint } from "../api/endpoint.js";
import { createApiServer } from "../api/server.js";
import { isoTime, systemClock } from "../base/clock.js";
import { makePrivateFolder } from "../base/files.js";
import type { Logger } from "../base/logger.js";
import { ownVersion } from "../base/own-package.js";
import { checkEndpoint, type Paths } from "../config/paths.js";
import { loadConfig } from "../config/store.js";
import { watchConfigFile } from "../config/watch.js";
import { createSshEngine } from "../ssh/engine.js";
import { createOpensshEngine } from "../ssh/openssh/engine.js";
import { hasNativeCrypto } from "../ssh/ssh2/algorithms.js";
import { ssh2Engine } from "../ssh/ssh2/engine.js";
import { History } from "./history/history.js";
import { claimLock } from "./lock/claim-lock.js";
import { firstAgent, openHandedOver, writeHandover } from "./lock/handover.js";
import type { Holder } from "./lock/lock-holder.js";
import { openLog } from "./log/log-file.js";
import { Audits } from "./openclaw/audits.js";
import { followClients } from "./openclaw/follow-client.js";
import { Hardenings } from "./openclaw/hardening.js";
import { resolveName } from "./openclaw/resolve-name.js";
import { openclawRoutes } from "./openclaw/routes.js";
import { systemKeyring } from "./people/keyring.js";
import { openPeople } from "./people/people.js";
import { apiRoutes } from "./routes.js";
import { localNetworkHint } from "./service/local-network-hint.js";
import { type StopAsked, stopRequest } from "./stop-request.js";
import { Supervisor } from "./supervisor.js";
import { watchWakes } from "./wake/watch-wakes.js";

/** How often to look whether lock and socket are still ours: two daemons may start in the same instant, and folders may be removed. */
const homeCheckMs = 2_000;
/** After this the process ends even if something hangs. */
const shutdownMaxMs = 1_500;

/** What whoever runs the daemon may see of it. */
export interface RunningDaemon {
  readonly tunnels: Pick<Supervisor, "report" | "onChange">;
  readonly log: Logger;
}

export interface DaemonOptions {
  readonly paths: Paths;
  /** Who started it. */
  readonly service?: Holder["service"];
  /** Whether it runs without a log-in of its user. */
  readonly isSystemScope?: boolean;
  /** Whether a daemon that was started by hand gives way to this one, which then does not start with a config that is not right. */
  readonly takesOver?: boolean;
  /** Told each line of the log as well: for a person who watches. */
  readonly echo: (line: string) => void;
  /** Called when the control API answers and the tunnels are on their way. */
  readonly onReady: (running: RunningDaemon) => void;
  /** Called when the end has begun. */
  readonly onStop?: () => void;
  /** Called when a bug ends the daemon, just before it does. */
  readonly onBug?: (error: unknown) => void;
}

/**
 * Runs the daemon until SIGTERM, SIGINT, SIGHUP or a shutdown request. Everything is plugged together here: what goes up from top
 * to bottom comes down from bottom to top.
 */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  const { paths, service = "none", isSystemScope = false, takesOver = false, echo, onReady, onStop = () => {}, onBug = () => {} } = options;
  process.umask(0o077);
  checkEndpoint(paths.controlEndpoint);
  makePrivateFolder(paths.stateDir);
  // Before another daemon ends for it: the tunnels of a config that has been broken since are better off with that one.
  if (takesOver) loadConfig(paths.configFile);
  const { lock, predecessor, handover } = await claimLock(paths, { service, takesOver });
  const log = openLog(paths.logFile, { level: process.env.CLAWTUNNEL_LOG_LEVEL ?? "info", echo });
  const version = ownVersion();
  const start = { event: "daemon.start", version, node: process.version, service, stateDir: paths.stateDir };
  log.logger.info({ ...start, ...(predecessor && { tookOverFrom: predecessor.pid }) }, "daemon starts");

  const history = new History({ path: paths.historyFile, version, nowMs: () => Date.now(), log: log.logger });
  const stop = stopRequest();
  process.once("uncaughtException", (error) => {
    // Not `fatal`: that waits for the line to be written, for ever on a full disk.
    log.logger.error({ event: "daemon.bug", err: error }, "the daemon ends because of a bug");
    onBug(error);
    process.exit(1);
  });
  const consent = { platform: process.platform, release: release(), service, isSystemScope };
  const openssh = createOpensshEngine({ stateDir: paths.stateDir, runtimeDir: dirname(paths.controlEndpoint) });
  await openssh.reap();
  const people = openPeople(systemKeyring, log.logger);
  const supervisor = new Supervisor({
    paths,
    engine: createSshEngine({ ssh2: ssh2Engine, openssh, names: { resolve: resolveName, clock: systemClock } }),
    people,
    clock: systemClock,
    log: log.logger,
    chance: Math.random,
    agentSocket: firstAgent(service, process.env.SSH_AUTH_SOCK, handover),
    takePast: (name) => history.takePast(name),
    exposureOf: (spec) => audits.exposureOf(spec),
    localHint: (failure, firstHop) => localNetworkHint(consent, failure, firstHop),
  });
  const audits = new Audits({
    path: paths.auditsFile,
    log: log.logger,
    nowMs: () => Date.now(),
    tunnels: supervisor,
    onRecord: (record) => history.noteAudit(record),
  });
  supervisor.onChange((tunnel) => history.note(tunnel));
  const clients = followClients(supervisor, paths, log.logger);
  const hardenings = new Hardenings({
    supervisor,
    stateDir: paths.stateDir,
    log: log.logger,
    onEnd: (tunnel) => void audits.lookAgain(tunnel),
  });
  const startedAt = isoTime(Date.now());
  const daemonStatus = (): DaemonStatus => ({
    pid: process.pid,
    version,
    startedAt,
    service,
    crypto: hasNativeCrypto ? "native" : "javascript",
    socket: paths.controlEndpoint,
    config: { path: paths.configFile, failure: supervisor.configFailure?.report() ?? null },
    log: { path: paths.logFile, failure: log.failure() },
    state: { path: paths.stateFile, failure: supervisor.settleState() },
  });
  const shutdown = ({ handOver = false }) => stop.ask(handOver ? "another daemon takes over" : "asked over the control API", handOver);
  const routes = [
    ...apiRoutes({ supervisor, history, secrets: people.secrets, logFile: paths.logFile, daemonStatus, shutdown }),
    ...openclawRoutes({ supervisor, audits, clients, hardenings }),
  ];
  const endpoint = await standAtEndpoint(() => createApiServer(routes, log.logger), paths.controlEndpoint).catch((error: unknown) => {
    history.close("it cannot be reached");
    lock.release();
    throw error;
  });
  let end: StopAsked = { why: "it could not start", handsOver: false };
  try {
    supervisor.reload("daemon-started");
    if (handover !== undefined) await openHandedOver(handover, supervisor, log.logger);
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
    const unwatchWakes = watchWakes(log.logger, {
      onGap: (gap) => {
        history.noteGap(gap);
        supervisor.followSchedules();
      },
      onWake: () => supervisor.reconsider("woke"),
      onNetworkChange: () => supervisor.reconsider("network-changed"),
    });
    // Its ssh processes are its own business for as long as it lives, and nobody's afterwards.
    if (predecessor !== undefined) setTimeout(() => void openssh.reap(), 2 * shutdownMaxMs).unref();
    onReady({ tunnels: supervisor, log: log.logger });

    end = await stop.asked;
    log.logger.info({ event: "daemon.stop", why: end.why }, "daemon stops");
    setTimeout(() => process.exit(0), shutdownMaxMs).unref();
    unwatchWakes();
    clearInterval(homeTimer);
    unwatch();
  } finally {
    onStop();
    hardenings.stop();
    const left = supervisor.handOver();
    audits.stop();
    supervisor.stop();
    history.close(end.why);
    // A turn for the last events to leave before their connections end.
    await setImmediate();
    endpoint.close();
    if (end.handsOver) writeHandover(paths.handoverFile, lock.nonce, left, log.logger);
    lock.release();
  }
}
