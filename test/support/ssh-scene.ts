import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { LoginSpec } from "../../src/config/tunnel-spec.js";
import { resolveHost } from "../../src/ssh/resolve/resolve-host.js";
import type { ConnectContext, HostEngine, HostSession } from "../../src/ssh/session.js";
import { Cleanups } from "./cleanups.js";
import { connectContext, loginTo, neverAborted } from "./login.js";
import { startTcpService, type TcpService } from "./tcp-service.js";
import { startTestSshd, type TestSshd, type TestSshdOptions } from "./test-sshd.js";

export interface ConnectOptions {
  readonly engine?: HostEngine;
  readonly signal?: AbortSignal;
  readonly beforeLogIn?: () => void;
}

/** What one test of an engine has started; `cleanups` takes it down. */
export class SshScene {
  readonly cleanups = new Cleanups();
  readonly #engine: () => HostEngine;

  constructor(engine: () => HostEngine) {
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

  async connect(
    sshd: TestSshd,
    changes: Partial<LoginSpec> = {},
    context: Partial<ConnectContext> = {},
    { engine = this.#engine(), signal = neverAborted, beforeLogIn = () => {} }: ConnectOptions = {},
  ): Promise<HostSession> {
    const login = loginTo(sshd, { engine: engine.name, ...changes });
    const host = await resolveHost(login, signal);
    beforeLogIn();
    const session = await engine.connect(host, login, connectContext(context), signal);
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
