import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DaemonClient } from "../../../src/api/client.js";
import { doctor } from "../../../src/cli/commands/doctor.js";
import type { Diagnosis } from "../../../src/cli/doctor/diagnosis.js";
import type { DoctorReport } from "../../../src/cli/doctor/report.js";
import { plainStyle } from "../../../src/cli/output.js";
import { type Paths, resolvePaths } from "../../../src/config/paths.js";
import { createSshEngine } from "../../../src/ssh/engine.js";
import { createOpensshEngine } from "../../../src/ssh/openssh/engine.js";
import { ssh2Engine } from "../../../src/ssh/ssh2/engine.js";
import type { TunnelStatus } from "../../../src/tunnel/status.js";
import { Cleanups } from "../../support/cleanups.js";
import { type DaemonInProcess, startDaemonInProcess } from "../../support/daemon-in-process.js";
import { neverAborted } from "../../support/login.js";
import { quietLog, unnamed } from "../../support/quiet.js";
import { startTestSshd, type TestSshd, type TestSshdOptions } from "../../support/test-sshd.js";
import { until } from "../../support/until.js";
import { noKeyring } from "../../unit/fixtures/fake-keyring.js";

/** What one set-up has started: a home, servers, and perhaps a daemon in this process. */
export class Scene {
  readonly cleanups = new Cleanups();
  /** Short, because a unix socket's path may have 107 bytes. */
  readonly dir = mkdtempSync("/tmp/ct-doctor-");
  readonly paths: Paths = resolvePaths({
    platform: process.platform,
    env: { CLAWTUNNEL_HOME: join(this.dir, "h") },
    home: this.dir,
    user: "",
  });
  daemon: DaemonInProcess | undefined;

  constructor() {
    this.cleanups.add(() => rmSync(this.dir, { recursive: true, force: true }));
    mkdirSync(dirname(this.paths.configFile), { recursive: true, mode: 0o700 });
  }

  async sshd(options?: TestSshdOptions): Promise<TestSshd> {
    const sshd = await startTestSshd(options);
    this.cleanups.add(sshd.dispose);
    return sshd;
  }

  file(name: string, contents: string): string {
    const path = join(this.dir, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents, { mode: 0o600 });
    return path;
  }

  /** Saves a tunnel named `web`. */
  save(entry: object): void {
    writeFileSync(this.paths.configFile, JSON.stringify({ tunnels: { web: entry } }));
  }

  /** A daemon that has tried the tunnel once, and knows what came of it. */
  async startDaemon(): Promise<TunnelStatus> {
    const engine = createSshEngine({
      ssh2: ssh2Engine,
      openssh: createOpensshEngine({ stateDir: join(this.dir, "state"), runtimeDir: join(this.dir, "run") }),
      names: unnamed,
    });
    const daemon = await startDaemonInProcess(this.paths, { engine, keyring: noKeyring, log: quietLog });
    this.daemon = daemon;
    this.cleanups.add(daemon.close);
    daemon.supervisor.reload("daemon-started");
    return until(() => daemon.supervisor.report().find((status) => isSettled(status)));
  }

  async diagnose(...names: readonly string[]): Promise<{ readonly report: DoctorReport; readonly code: number }> {
    const { answer, code } = await this.run(names, neverAborted);
    return { report: JSON.parse(answer) as DoctorReport, code };
  }

  /** What `doctor --json` prints. */
  async run(names: readonly string[], signal: AbortSignal): Promise<{ readonly answer: string; readonly code: number }> {
    let answer = "";
    const output = {
      answer: (text: string) => {
        answer = text;
      },
      talk: () => {},
      style: plainStyle,
      isInteractive: false,
      isTerminal: false,
    };
    const daemon = new DaemonClient(this.paths.controlEndpoint, { answerTimeoutMs: this.answerTimeoutMs });
    const code = await doctor.run({ output, paths: this.paths, daemon, signal }, { name: [...names], json: true });
    return { answer, code };
  }

  answerTimeoutMs = 10_000;
}

function isSettled({ phase, health, failure }: TunnelStatus): boolean {
  return phase === "held" || phase === "stopped" || (phase === "up" && health !== "unknown") || (phase === "waiting" && failure !== null);
}

/** A tunnel as it stands in config.json: to the server with its own key, and from `port` to `servicePort` there. */
export function entryFor(
  sshd: Pick<TestSshd, "user" | "host" | "port" | "clientKeyPath" | "knownHostsPath">,
  port: number,
  servicePort: number,
) {
  return {
    target: `${sshd.user}@${sshd.host}:${sshd.port}`,
    engine: "ssh2",
    forwards: [{ local: `127.0.0.1:${port}`, to: `127.0.0.1:${servicePort}` }],
    sshConfig: "none",
    identities: [sshd.clientKeyPath],
    knownHosts: [sshd.knownHostsPath],
    globalKnownHosts: [] as string[],
    sshOptions: ["IdentityAgent=none"],
    connectTimeoutMs: 2_000,
  };
}

export function commandsOf({ todo }: Diagnosis): string[] {
  return todo.flatMap(({ commands }) => commands);
}
