import { once } from "node:events";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { LoginSpec } from "../../../src/config/tunnel-spec.js";
import { createOpensshEngine, type OpensshEngine } from "../../../src/ssh/openssh/engine.js";
import { resolveHost } from "../../../src/ssh/resolve/resolve-host.js";
import type { ConnectContext, SshSession } from "../../../src/ssh/session.js";
import { Cleanups } from "../../support/cleanups.js";
import { connectContext, loginTo, neverAborted } from "../../support/login.js";
import { startTcpService } from "../../support/tcp-service.js";
import { sshdKind, startTestSshd, type TestSshd, type TestSshdOptions } from "../../support/test-sshd.js";

/** The engine runs the system's ssh, against an sshd that is as real. */
export const hasOpenSsh = sshdKind() === "openssh";

/** A machine that node-pty is not made for. */
export const noTerminal = { loadPty: () => Promise.resolve(undefined) };

interface ConnectOptions {
  readonly engine?: OpensshEngine;
  readonly signal?: AbortSignal;
  readonly beforeLogIn?: () => void;
}

/** One test's world: servers, sessions and the folders that an engine works in. */
export class Scene {
  readonly cleanups = new Cleanups();

  folders(): { stateDir: string; runtimeDir: string } {
    const folder = this.cleanups.folder();
    return { stateDir: join(folder, "state"), runtimeDir: join(folder, "run") };
  }

  engine(folders = this.folders(), machine: { loadPty?: () => Promise<undefined> } = {}): OpensshEngine {
    return createOpensshEngine({ ...folders, ...machine });
  }

  async sshd(options?: TestSshdOptions): Promise<TestSshd> {
    const sshd = await startTestSshd(options);
    this.cleanups.add(() => sshd.dispose());
    return sshd;
  }

  async service(...args: Parameters<typeof startTcpService>) {
    const service = await startTcpService(...args);
    this.cleanups.add(() => service.close());
    return service;
  }

  async connect(
    sshd: TestSshd,
    changes: Partial<LoginSpec> = {},
    context: Partial<ConnectContext> = {},
    { engine = this.engine(), signal = neverAborted, beforeLogIn = () => {} }: ConnectOptions = {},
  ): Promise<SshSession> {
    const login = loginTo(sshd, { engine: "openssh", ...changes });
    const host = await resolveHost(login, signal);
    beforeLogIn();
    const session = await engine.connect(host, login, connectContext(context), signal);
    this.cleanups.add(async () => {
      session.close();
      await session.ended;
    });
    return session;
  }
}

export function localhost(port: number): { host: string; port: number } {
  return { host: "127.0.0.1", port };
}

/** Sends `text`, ends that side, and gives all that comes until the other side ends too. */
export async function exchange(channel: Duplex, text: string | Buffer): Promise<Buffer> {
  channel.end(text);
  const answer = await buffer(channel);
  if (!channel.closed) await once(channel, "close");
  return answer;
}
