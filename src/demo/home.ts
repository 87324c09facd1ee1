import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DaemonClient } from "../api/client.js";
import { builtProgram } from "../base/own-package.js";
import { type Paths, resolvePaths } from "../config/paths.js";
import { generateEd25519Key } from "../ssh/keys/generate-key.js";

const program = builtProgram("cli/main");
const commandTimeoutMs = 20_000;
const goneTimeoutMs = 3_000;
const pollMs = 10;
/** A unix socket's path takes about 100 bytes; some of them are ours. */
const maxTmpdirLength = 60;

/** The names of the key and of known_hosts within the home, where every command is run. */
export const keyFile = "key";
export const knownHostsFile = "known_hosts";

export interface CommandResult {
  readonly exitCode: number | null;
  /** stdout and stderr, in the order in which they came. */
  readonly text: string;
}

/** A user of their own for the demo: a folder with a key, a known_hosts, clawtunnel's config and a daemon, and nothing else. */
export class DemoHome {
  readonly folder: string;
  readonly publicKey: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #paths: Paths;
  readonly #daemon: DaemonClient;

  constructor() {
    const parent = process.platform !== "win32" && tmpdir().length > maxTmpdirLength ? "/tmp" : tmpdir();
    this.folder = mkdtempSync(join(parent, "claw-"));
    const key = generateEd25519Key();
    this.publicKey = key.public;
    writeFileSync(join(this.folder, keyFile), key.private, { mode: 0o600 });
    // The user's agent has no say here: a server may give up before its last key has been tried.
    const { SSH_AUTH_SOCK: _, ...inherited } = process.env;
    this.#env = { ...inherited, CLAWTUNNEL_HOME: this.folder, HOME: this.folder, USERPROFILE: this.folder, NO_COLOR: "1" };
    this.#paths = resolvePaths({ platform: process.platform, env: this.#env, home: this.folder, user: userInfo().username });
    this.#daemon = new DaemonClient(this.#paths.controlEndpoint);
  }

  trust(sshPort: number, hostKey: string): void {
    writeFileSync(join(this.folder, knownHostsFile), `[127.0.0.1]:${sshPort} ${hostKey}\n`, { mode: 0o600 });
  }

  /** Runs the real command line in a process of its own, as a user in this folder would. */
  run(words: readonly string[]): Promise<CommandResult> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [program, ...words], {
        cwd: this.folder,
        env: this.#env,
        stdio: ["ignore", "pipe", "pipe"],
        timeout: commandTimeoutMs,
        windowsHide: true,
      });
      let text = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
      }
      child.once("error", reject);
      child.once("close", (exitCode) => resolve({ exitCode, text }));
    });
  }

  /** How often the daemon says that it has reconnected this tunnel. */
  async reconnects(tunnel: string): Promise<number> {
    const { tunnels } = await this.#daemon.status();
    return tunnels.find(({ name }) => name === tunnel)?.reconnects ?? 0;
  }

  /** Ends the daemon, if there is one, and removes the folder. Throws when something is left behind. */
  async dispose(): Promise<void> {
    const pid = await this.#daemon.status().then(
      ({ daemon }) => daemon.pid,
      () => undefined,
    );
    if (pid !== undefined) await this.#endDaemon(pid);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }

  async #endDaemon(pid: number): Promise<void> {
    await this.#daemon.shutdown();
    const deadlineMs = performance.now() + goneTimeoutMs;
    while (isAlive(pid) && performance.now() < deadlineMs) await delay(pollMs);
    if (!isAlive(pid)) return;
    // In a container without an init an ended process keeps its pid: its lock tells that it ended well.
    process.kill(pid, "SIGKILL");
    if (existsSync(this.#paths.lockFile)) throw new Error(`the daemon (pid ${pid}) did not end when it was asked to`);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
