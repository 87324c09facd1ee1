import { createServer } from "node:net";
import { expect, onTestFinished, vi } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import type { TunnelSpec } from "../../../src/config/tunnel-spec.js";
import { hostKeyPromptOf } from "../../../src/daemon/prompts.js";
import { Knocker } from "../../../src/ssh/knock.js";
import { nobody } from "../../../src/ssh/person.js";
import { noPast } from "../../../src/tunnel/outage.js";
import { reportTunnel } from "../../../src/tunnel/report.js";
import { TunnelRunner } from "../../../src/tunnel/runner.js";
import type { TunnelState } from "../../../src/tunnel/state.js";
import type { TunnelStatus } from "../../../src/tunnel/status.js";
import { holdPort, quietLog } from "../../support/quiet.js";
import { freePort } from "../../support/sshd.js";
import { type FakeEngine, type FakeLogin, fakeEngine } from "../../unit/fixtures/fake-engine.js";
import { type FakeSession, silence } from "../../unit/fixtures/fake-session.js";
import { forwardSpec } from "../../unit/fixtures/forwards.js";
import { someLogin } from "../../unit/fixtures/login.js";

export const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
export const hostKey = {
  hostPattern: "there",
  keyType: "ssh-ed25519",
  keyBase64: "AAAA",
  fingerprint: "SHA256:abc",
  knownHostsFile: "/known",
  isHashed: false,
};
export const refusal = new Failure("auth-rejected", "the server refused the key");

export function specFor(ports: readonly number[], changes: Partial<TunnelSpec> = {}): TunnelSpec {
  return {
    name: "web",
    login: loginTo("here"),
    fallbackTargets: [],
    forwards: ports.map((port) => forwardSpec(port)),
    gatewayProfile: null,
    optionalForwards: [],
    keepalive: { intervalMs: 5_000, countMax: 2, replyTimeoutMs: 1_500 },
    backoff: { firstDelayMs: 200, maxDelayMs: 30_000, steadyAfterMs: 30_000 },
    waitForTunnelMs: 20_000,
    waitingConnectionsMax: 256,
    onPortBusy: "hold",
    auditSchedule: "off",
    ...changes,
  };
}

export function loginTo(host: string): TunnelSpec["login"] {
  return { ...someLogin, target: { user: "me", host, port: 22 } };
}

/** A runner whose every session, and all time, are the test's own. Its local ports are real. */
export class Scene {
  readonly engine: FakeEngine;
  readonly runner: TunnelRunner;
  /** What `status` would have said after each change. */
  readonly told: TunnelStatus[] = [];
  /** Those of them that called a tunnel verified whose every session was closed from this side. */
  readonly lies: TunnelStatus[] = [];

  constructor(spec: TunnelSpec, isDeaf = false) {
    this.engine = fakeEngine(isDeaf);
    this.runner = new TunnelRunner(spec, {
      engine: this.engine,
      knocker: new Knocker(() => 0),
      clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
      log: quietLog,
      chance: () => 0.5,
      agentSocket: () => undefined,
      person: () => nobody,
      busyPolicy: holdPort,
      onChange: () => {
        const status = this.report();
        this.told.push(status);
        if (status.health === "verified" && this.sessions.every(({ isClosed }) => isClosed)) this.lies.push(status);
      },
    });
  }

  get state(): TunnelState {
    return this.runner.state;
  }

  get sessions(): FakeSession[] {
    return this.engine.logins.flatMap(({ session }) => session ?? []);
  }

  get openSessions(): FakeSession[] {
    return this.sessions.filter(({ isOpen }) => isOpen);
  }

  get pending(): FakeLogin[] {
    return this.engine.logins.filter(({ isPending }) => isPending);
  }

  report(): TunnelStatus {
    const prompt = hostKeyPromptOf(this.runner);
    return reportTunnel(this.runner, { past: noPast, isSaved: true, scheduleTimes: undefined, prompt, exposure: null, isAwaited: false });
  }

  /** As `status` does it: the peer is asked, and has half a second. */
  async reportNow(): Promise<TunnelStatus> {
    const isAnswered = this.runner.confirm();
    await Promise.all([Promise.race([isAnswered, new Promise((resolve) => setTimeout(resolve, 500))]), pass(500)]);
    return this.report();
  }

  /** Opens the only log-in that is on its way. */
  async open(): Promise<FakeSession> {
    const [login, other] = this.pending;
    if (login === undefined || other !== undefined) throw new Error(`${this.pending.length} log-ins are on their way`);
    const session = login.open();
    await pass(5);
    return session;
  }

  start(): void {
    this.runner.handle({ type: "start", reason: "asked" });
  }

  stop(): void {
    this.runner.handle({ type: "stop", reason: "asked" });
  }

  restart(): void {
    this.runner.handle({ type: "renew", reason: "restart-asked" });
  }
}

export async function makeScene(changes: Partial<TunnelSpec> = {}) {
  const port = await freePort();
  const scene = new Scene(specFor([port], changes));
  onTestFinished(() => scene.stop());
  return { scene, port };
}

/** With a session that stands and is verified. */
export async function makeOpenScene(changes: Partial<TunnelSpec> = {}) {
  const { scene, port } = await makeScene(changes);
  scene.start();
  const session = await scene.open();
  expect(scene.report()).toMatchObject({ phase: "up", health: "verified" });
  return { scene, port, session };
}

/** Verified, but the server has just left a question unanswered; a successor is on its way. */
export async function makeDoubtedScene() {
  const made = await makeOpenScene();
  made.session.answer = silence;
  await made.scene.reportNow();
  expect(made.scene.report()).toMatchObject({ phase: "up", reason: "peer-doubted", health: "unknown" });
  expect(made.scene.pending).toHaveLength(1);
  return made;
}

export async function expectNothingLeft(scene: Scene, ports: readonly number[]): Promise<void> {
  await pass(1_000);
  // Answers that were on their way.
  for (const { open } of scene.pending) open();
  await pass(10);
  expect(scene.openSessions).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
  for (const port of ports) await expectFree(port);
}

function expectFree(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => server.close(() => resolve()));
  });
}

export function gone(): Failure {
  return new Failure("session-gone", "the session is gone");
}
