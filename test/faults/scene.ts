import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, onTestFinished } from "vitest";
import type { TunnelStatus } from "../../src/tunnel/status.js";
import { type Engine, entryFor, isVerified, makeHome, makeSshd, untilTunnel } from "../e2e/scene.js";
import type { Home } from "../support/clawtunnel.js";
import { startEchoService } from "../support/echo-service.js";
import { type FaultProxy, startFaultProxy } from "../support/fault-proxy.js";
import type { HttpService } from "../support/http-service.js";
import { openFiles, settledFiles } from "../support/resources.js";
import { freePort } from "../support/sshd.js";
import type { TestSshd } from "../support/test-sshd.js";
import { until } from "../support/until.js";

/** Short enough that each fault is over within a few seconds. */
export const fastTiming = {
  keepaliveIntervalMs: 500,
  keepaliveReplyTimeoutMs: 200,
  keepaliveCountMax: 2,
  connectTimeoutMs: 1_000,
  backoff: { firstDelayMs: 50, maxDelayMs: 200 },
};

/** A daemon whose way to the server leads through a proxy, with its tunnel `web` verified. */
export interface FaultScene {
  readonly home: Home;
  readonly sshd: TestSshd;
  readonly service: HttpService;
  readonly proxy: FaultProxy;
  /** The local address of the tunnel. */
  readonly port: number;
  readonly pid: number;
  readonly story: Story;
}

export async function makeFaultScene(timing: object = fastTiming, engine?: Engine): Promise<FaultScene> {
  const [sshd, service, port] = await Promise.all([makeSshd(), startEchoService(), freePort()]);
  onTestFinished(service.close);
  const proxy = await startFaultProxy(sshd.port, await freePort());
  onTestFinished(proxy.dispose);
  const home = makeHome();
  writeConfig(home, { defaults: timing, tunnels: { web: entryThrough(proxy, sshd, port, service.port, engine) } });
  const up = await home.run("up");
  expect(up.code, up.stdout + up.stderr).toBe(0);
  const pid = home.daemonPid();
  if (pid === undefined) throw new Error("there is no daemon");
  return { home, sshd, service, proxy, port, pid, story: followStory(home) };
}

export function entryThrough(
  proxy: FaultProxy,
  sshd: TestSshd,
  localPort: number,
  servicePort: number,
  engine?: Engine,
): Record<string, unknown> {
  const knownHosts = join(sshd.dir, `known_hosts_${proxy.port}`);
  writeFileSync(knownHosts, `[127.0.0.1]:${proxy.port} ${sshd.hostKeyPublic}\n`);
  return { ...entryFor(sshd, localPort, servicePort, engine), target: `${sshd.user}@127.0.0.1:${proxy.port}`, knownHosts: [knownHosts] };
}

export function writeConfig(home: Home, config: object): void {
  mkdirSync(dirname(home.paths.configFile), { recursive: true, mode: 0o700 });
  writeFileSync(home.paths.configFile, JSON.stringify(config));
}

/** Everything that `status` would have shown of the tunnel `web`, change by change. */
export interface Story {
  readonly changes: readonly TunnelStatus[];
  /** Resolves when a change after the first `from` ones is as wanted. */
  until(isWanted: (tunnel: TunnelStatus) => boolean, from?: number): Promise<TunnelStatus>;
}

function followStory(home: Home): Story {
  const changes: TunnelStatus[] = [];
  const stop = new AbortController();
  const following = (async () => {
    for await (const { tunnel } of home.daemon.events(stop.signal)) changes.push(tunnel);
  })().catch(() => {});
  onTestFinished(async () => {
    stop.abort();
    await following;
  });
  return { changes, until: (isWanted, from = 0) => until(() => changes.slice(from).find(isWanted)) };
}

/** The tunnel, verified by a session that is not the one of `before`. */
export function untilReplaced({ home }: FaultScene, before: TunnelStatus): Promise<TunnelStatus> {
  return untilTunnel(home, "web", (tunnel) => isVerified(tunnel) && tunnel.reconnects > before.reconnects);
}

export function tunnelNow({ home }: FaultScene): Promise<TunnelStatus> {
  return untilTunnel(home, "web", isVerified);
}

/** Remembers what the daemon has open now; the returned function waits until it is the same again, and fails when it never is. */
export async function watchLeaks({ pid }: FaultScene): Promise<() => Promise<void>> {
  const before = await settledFiles(pid);
  return async () => {
    await expect.poll(() => openFiles(pid), { timeout: 10_000 }).toEqual(before);
  };
}
