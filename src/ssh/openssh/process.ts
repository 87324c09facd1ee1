import { spawn } from "node:child_process";
import { signalGroup } from "../../base/process-group.js";
import { LogPipe } from "./log-pipe.js";

type Pty = typeof import("node-pty")["default"];

/** An ssh that runs, leader of a process group of its own. */
export interface SshProcess {
  readonly pid: number;
  /** Resolves with how it ended, when all that it wrote has been told. */
  readonly exited: Promise<string>;
  /** Types at its terminal. Without one nothing happens. */
  type(text: string): void;
}

export interface SshOutput {
  /** What stands on its terminal: nothing but questions. */
  onTerminal(text: string): void;
  onLog(text: string): void;
}

/** What it wrote last may come after the news of its end; but a process that it has started may hold the other end for ever. */
const lastWordsMs = 200;

let loading: Promise<Pty | undefined> | undefined;

/** node-pty where it is installed and made for this machine. It is loaded when it is first needed: few log-ins do. */
export function loadPty(): Promise<Pty | undefined> {
  loading ??= import("node-pty").then(
    (module) => module.default,
    () => undefined,
  );
  return loading;
}

/**
 * With a terminal ssh can ask. Its log goes into a pipe of its own, named because node-pty hands on none without a name: what a
 * server says before the log-in (a banner) must not stand where ssh asks.
 */
export async function startAtTerminal(
  pty: Pty,
  words: readonly string[],
  logPath: string,
  env: NodeJS.ProcessEnv,
  output: SshOutput,
): Promise<SshProcess> {
  const log = await LogPipe.make(logPath, output.onLog);
  const options = { name: "dumb", cols: 500, rows: 50, env };
  const terminal = pty.spawn("/bin/sh", ["-c", 'exec "$@" 2>"$0"', logPath, "ssh", ...words], options);
  terminal.onData(output.onTerminal);
  const exited = new Promise<string>((resolve) => {
    terminal.onExit(({ exitCode, signal }) => {
      // A ProxyCommand that has not noticed.
      signalGroup(terminal.pid, "SIGTERM");
      log.finish();
      resolve(signal ? `by signal ${signal}` : `with status ${exitCode}`);
    });
  });
  return { pid: terminal.pid, exited, type: (text) => terminal.write(text) };
}

/** Without a terminal ssh asks nothing. Rejects when there is no such program. */
export async function startWithPipes(words: readonly string[], env: NodeJS.ProcessEnv, output: SshOutput): Promise<SshProcess> {
  const child = spawn("ssh", words, { stdio: ["ignore", "ignore", "pipe"], detached: true, env, windowsHide: true });
  const { pid } = child;
  if (pid === undefined) throw await new Promise((resolve) => child.once("error", resolve));
  child.stderr.setEncoding("utf8").on("data", output.onLog);
  const exited = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => {
      signalGroup(pid, "SIGTERM");
      const timer = setTimeout(() => child.stderr.destroy(), lastWordsMs);
      child.once("close", () => {
        clearTimeout(timer);
        resolve(signal === null ? `with status ${code}` : `by ${signal}`);
      });
    });
  });
  return { pid, exited, type: () => {} };
}
