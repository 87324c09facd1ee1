import { spawn } from "node:child_process";
import { closeSync, writeSync } from "node:fs";
import { homedir } from "node:os";
import { resolve as resolvePath } from "node:path";
import { asFailure, Failure, type FailureReport } from "../base/failure.js";
import { builtProgram } from "../base/own-package.js";
import { daemonNodeOptions, daemonWords } from "../service/program/daemon-command.js";

/** The file descriptor on which a daemon that was started in the background says how it went. */
const readyFd = 3;
const readyTimeoutMs = 15_000;

export interface LaunchOptions {
  /** In place of the daemon that runs, which is asked to end, if it was started by hand. */
  readonly takesOver?: boolean;
}

/**
 * Starts a daemon in the background, in a session of its own, and resolves when its control API answers. Another one that was
 * faster is as good, unless this one was to take over: then it throws `daemon-running`, also when the other is of a service.
 * Throws `daemon-start-failed`, or what the daemon itself could not do: `daemon-unresponsive` when the one before did not end.
 */
export async function launchDaemon({ takesOver = false }: LaunchOptions = {}): Promise<void> {
  const child = spawn(
    process.execPath,
    [...daemonNodeOptions, builtProgram("daemon/clawtunnel-daemon"), ...(takesOver ? [daemonWords.takeOver] : [])],
    {
      detached: true,
      stdio: ["ignore", "ignore", "ignore", "pipe"],
      cwd: homedir(),
      // A relative path is meant from where the person stands, and the daemon stands elsewhere.
      env: { ...process.env, ...(process.env.CLAWTUNNEL_HOME && { CLAWTUNNEL_HOME: resolvePath(process.env.CLAWTUNNEL_HOME) }) },
      windowsHide: true,
    },
  );
  child.unref();
  const pipe = child.stdio[readyFd] as NodeJS.ReadableStream & { setEncoding(encoding: string): void; destroy(): void };
  pipe.setEncoding("utf8");
  const message = await new Promise<string>((resolve, reject) => {
    const failed = (why: string, cause?: unknown) =>
      reject(new Failure("daemon-start-failed", `the daemon did not start: ${why}`, { cause }));
    let text = "";
    const timer = setTimeout(() => failed(`no sign of life within ${readyTimeoutMs} ms`), readyTimeoutMs);
    child.once("error", (error) => failed(error.message, error));
    pipe.on("data", (part: string) => {
      text += part;
    });
    pipe.once("close", () => {
      clearTimeout(timer);
      if (text === "") failed("it ended without a word");
      else resolve(text);
    });
  }).finally(() => pipe.destroy());
  if (message.trim() === "ready") return;
  const report = JSON.parse(message) as FailureReport;
  if (takesOver || report.code !== "daemon-running") throw new Failure(report.code, report.message, { hint: report.hint });
}

/** The daemon's side: ready, or why not. */
export function tellLauncher(error?: unknown): void {
  writeSync(readyFd, error === undefined ? "ready\n" : `${JSON.stringify(asFailure(error).report())}\n`);
  closeSync(readyFd);
}
