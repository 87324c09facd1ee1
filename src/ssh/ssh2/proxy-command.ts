import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { Failure } from "../../base/failure.js";
import { signalGroup } from "../../base/process-group.js";
import { RelayedLine } from "./line.js";

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const isWindows = process.platform === "win32";
/** How long a command may take to end when it is told to, or after it has closed its output. */
const graceMs = 500;
const saidMaxCharacters = 4_096;

const running = new Set<Child>();
process.once("exit", () => {
  for (const child of running) endGroup(child, "SIGKILL");
});

/**
 * Runs a ProxyCommand as ssh does: by the user's shell, its stdin and stdout the connection. It is a process group of its own,
 * which ends with the line. `where` is the server that it leads to. It finds the agent that the
 * log-in has, and none where that has none.
 */
export function openProxy(command: string, where: string, agentSocket: string | undefined): RelayedLine {
  const child = start(command, agentSocket);
  running.add(child);
  const failed = (why: string, cause?: Error) => new Failure("proxy-command-failed", `${where}: the ProxyCommand ${why}`, { cause });
  const said = lastLineOf(child.stderr);
  const line = new RelayedLine({
    input: child.stdout,
    output: child.stdin,
    unsentBytes: () => 0,
    explain: (error) => failed(`broke (${error.message})`, error),
    release: () => end(child),
  });
  child.once("error", (error) => {
    running.delete(child);
    line.destroy(failed(`cannot be run (${error.message})`, error));
  });
  // Without its output it is of no use any more; how it ends tells why.
  child.stdout.once("end", () => setTimeout(() => end(child), graceMs).unref());
  // Of a pipeline the other half may still be there.
  child.once("exit", () => endGroup(child, "SIGKILL"));
  child.once("close", (code, signal) => {
    running.delete(child);
    if (code === 0 && line.bytesRead > 0) return line.endReading();
    const how = code === null ? `was ended by ${signal}` : `ended with code ${code}`;
    line.destroy(failed(said() === "" ? how : `${how}: ${said()}`));
  });
  return line;
}

/** `exec`, so that what runs is the command itself and not a shell that waits for it. */
function start(command: string, agentSocket: string | undefined): Child {
  const env = { ...process.env, SSH_AUTH_SOCK: agentSocket };
  if (isWindows) {
    const words = ["/d", "/s", "/c", `"${command}"`];
    return spawn("cmd.exe", words, { stdio: "pipe", env, windowsHide: true, windowsVerbatimArguments: true });
  }
  return spawn(process.env.SHELL || "/bin/sh", ["-c", `exec ${command}`], { stdio: "pipe", env, detached: true });
}

function lastLineOf(stderr: Readable): () => string {
  let text = "";
  stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(-saidMaxCharacters);
  });
  return () => text.trimEnd().split(/\r?\n/).at(-1)?.trim() ?? "";
}

function end(child: Child): void {
  if (hasEnded(child)) return;
  endGroup(child, "SIGTERM");
  const timer = setTimeout(() => {
    if (!hasEnded(child)) endGroup(child, "SIGKILL");
  }, graceMs);
  child.once("exit", () => clearTimeout(timer));
}

function hasEnded({ exitCode, signalCode }: Child): boolean {
  return exitCode !== null || signalCode !== null;
}

function endGroup({ pid }: Child, signal: NodeJS.Signals): void {
  if (pid !== undefined) signalGroup(pid, signal);
}
