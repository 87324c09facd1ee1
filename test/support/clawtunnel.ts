import { type ChildProcess, type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { DaemonClient } from "../../src/api/client.js";
import { hasEnded } from "../../src/base/process-identity.js";
import { type Paths, resolvePaths } from "../../src/config/paths.js";
import { livingHolder } from "../../src/daemon/lock/lock-holder.js";
import { until } from "./until.js";

/** The built program, as it is published. */
export const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
if (!existsSync(program)) throw new Error("the program is not built: run `npm run build`");

export interface Answer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that goes on: what it has said so far, and its end. */
export interface Running {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Types into its standard input. */
  type(text: string): void;
  readonly ended: Promise<Answer>;
}

/** One user on a machine of their own: a home, a clawtunnel home, and the commands they type. */
export interface Home {
  /** CLAWTUNNEL_HOME. */
  readonly dir: string;
  /** HOME, with nothing in it. */
  readonly userDir: string;
  readonly paths: Paths;
  /** The control API itself, to wait for states without a process for each look. */
  readonly daemon: DaemonClient;
  run(...words: string[]): Promise<Answer>;
  start(...words: string[]): Running;
  /** Another of this package's programs. `env` comes on top; what is undefined in it is not set. */
  startNode(args: readonly string[], env?: NodeJS.ProcessEnv): Running;
  /** In a pseudo terminal, where stdout and stderr are one. */
  startInTerminal(...words: string[]): Running;
  /** Of the daemon that lives, by the lock that it holds. */
  daemonPid(): number | undefined;
  /** Ends what was started here, and checks that the daemon has gone and met no bug. */
  dispose(): Promise<void>;
}

/** Whether util-linux' `script` is there to give a command a terminal; BSD's takes other arguments. */
export const hasTerminal = spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") ?? false;

const goneTimeoutMs = 10_000;

/** `env` comes on top. Commands run in `userDir`. */
export function createHome(env: NodeJS.ProcessEnv = {}): Home {
  // Short, because a unix socket's path may have 107 bytes; and /tmp, because TMPDIR may be anything.
  const root = mkdtempSync("/tmp/ct-");
  const userDir = join(root, "user");
  // Nor an agent of whoever runs the tests.
  const { SSH_AUTH_SOCK: _agent, XDG_RUNTIME_DIR: _runtime, CLAWTUNNEL_LOG_LEVEL: _level, ...outer } = process.env;
  const own: NodeJS.ProcessEnv = { ...outer, CLAWTUNNEL_HOME: join(root, "h"), HOME: userDir, NO_COLOR: "1", ...env };
  const dir = resolve(userDir, own.CLAWTUNNEL_HOME ?? "");
  const paths = resolvePaths({ platform: process.platform, env: { CLAWTUNNEL_HOME: dir }, home: userDir, user: "" });
  const daemon = new DaemonClient(paths.controlEndpoint);
  const running = new Set<ChildProcess>();
  mkdirSync(userDir, { mode: 0o700 });

  const launch = (file: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): Running => {
    const child = spawn(file, args, { env: { ...own, ...more }, cwd: userDir, stdio: ["pipe", "pipe", "pipe"] });
    running.add(child);
    child.once("exit", () => running.delete(child));
    return follow(child);
  };
  const start = (...words: string[]) => launch(process.execPath, [program, ...words]);
  const daemonPid = () => livingHolder(paths.lockFile)?.pid;

  return {
    dir,
    userDir,
    paths,
    daemon,
    start,
    run: (...words) => {
      const command = start(...words);
      command.child.stdin?.end();
      return command.ended;
    },
    startNode: (args, more) => launch(process.execPath, args, more),
    startInTerminal: (...words) => launch("script", ["-qec", [process.execPath, program, ...words].map(quote).join(" "), "/dev/null"]),
    daemonPid,
    dispose: async () => {
      for (const child of running) child.kill("SIGKILL");
      const pid = daemonPid();
      if (pid !== undefined) await endDaemon(pid, daemon);
      const bugs = readIfThere(paths.logFile)
        .split("\n")
        .filter((line) => /"event":"[a-z]+\.bug"/.test(line));
      rmSync(root, { recursive: true, force: true });
      if (bugs.length > 0) throw new Error(`the daemon met bugs:\n${bugs.join("\n")}`);
    },
  };
}

async function endDaemon(pid: number, daemon: DaemonClient): Promise<void> {
  await daemon.shutdown().catch(() => sendSignal(pid, "SIGTERM"));
  try {
    await until(() => hasEnded(pid), goneTimeoutMs);
  } catch {
    sendSignal(pid, "SIGKILL");
    throw new Error(`the daemon ${pid} did not end when it was asked to`);
  }
}

function follow(child: ChildProcessByStdio<Writable, Readable, Readable>): Running {
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin.on("error", () => {});
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return { child, stdout: () => stdout, stderr: () => stderr, type: (text) => void child.stdin.write(text), ended };
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It was gone already.
  }
}
