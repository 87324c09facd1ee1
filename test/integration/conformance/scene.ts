import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { afterAll } from "vitest";
import type { Endpoint } from "../../../src/base/address.js";
import type { LoginSpec } from "../../../src/config/tunnel-spec.js";
import { createOpensshEngine } from "../../../src/ssh/openssh/engine.js";
import type { Person, Question } from "../../../src/ssh/person.js";
import { resolveHost } from "../../../src/ssh/resolve/resolve-host.js";
import type { ConnectContext, HostEngine, SshSession } from "../../../src/ssh/session.js";
import { ssh2Engine } from "../../../src/ssh/ssh2/engine.js";
import { Cleanups } from "../../support/cleanups.js";
import { connectContext, loginTo, neverAborted } from "../../support/login.js";
import { hasSsh } from "../../support/ssh-client.js";
import { startTcpService, type TcpService } from "../../support/tcp-service.js";
import { sshdKind, startTestSshd, type TestSshd, type TestSshdOptions } from "../../support/test-sshd.js";

/** The suite asks for what only OpenSSH's sshd can be told. */
export const hasRealServer = sshdKind() === "openssh" && hasSsh;

const opensshFolder = mkdtempSync(join(tmpdir(), "clawtunnel-openssh-"));
afterAll(() => rmSync(opensshFolder, { recursive: true, force: true }));

/** Both engines, each with its name, for `describe.each`. */
export const engines: readonly (readonly [string, HostEngine])[] = [
  ["ssh2", ssh2Engine],
  ["openssh", createOpensshEngine({ stateDir: join(opensshFolder, "state"), runtimeDir: join(opensshFolder, "run") })],
];

/** What one test has started; `run` takes it down. */
export class Scene {
  readonly cleanups = new Cleanups();
  readonly #engine: HostEngine;

  constructor(engine: HostEngine) {
    this.#engine = engine;
  }

  async sshd(options?: TestSshdOptions): Promise<TestSshd> {
    const sshd = await startTestSshd(options);
    this.cleanups.add(sshd.dispose);
    return sshd;
  }

  async service(...args: Parameters<typeof startTcpService>): Promise<TcpService> {
    const service = await startTcpService(...args);
    this.cleanups.add(service.close);
    return service;
  }

  async connect(sshd: TestSshd, changes: Partial<LoginSpec> = {}, context: Partial<ConnectContext> = {}): Promise<SshSession> {
    const login = loginTo(sshd, changes);
    const host = await resolveHost(login, neverAborted);
    const session = await this.#engine.connect(host, login, connectContext(context), neverAborted);
    this.cleanups.add(async () => {
      session.close();
      await session.ended;
    });
    return session;
  }

  key(...words: readonly string[]): string {
    const path = join(this.cleanups.folder(), "key");
    execFileSync("ssh-keygen", ["-q", "-f", path, ...words], { stdio: "ignore" });
    return path;
  }
}

/** Answers as the test says, and remembers what was asked. */
export function personWho(answer: (question: Question) => string): Person & { readonly asked: Question[] } {
  const asked: Question[] = [];
  return {
    asked,
    ask: async (question) => {
      asked.push(question);
      return answer(question);
    },
    tell: () => () => {},
    accepted: () => {},
  };
}

export function dial(session: SshSession, to: Endpoint | number): Promise<Duplex> {
  return session.dial(typeof to === "number" ? { host: "127.0.0.1", port: to } : to, neverAborted);
}

/** Everything that comes until the other side ends. */
export async function readAll(stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.resume();
  await once(stream, "end");
  return Buffer.concat(chunks);
}

export function publicHalf(keyPath: string): string {
  return readFileSync(`${keyPath}.pub`, "utf8").split(" ", 2).join(" ");
}
