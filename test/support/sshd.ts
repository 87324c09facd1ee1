import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import type { TestSshd, TestSshdOptions } from "./test-sshd.js";

export type Sshd = TestSshd;

const pollMs = 5;
const startTimeoutMs = 10_000;
const stopTimeoutMs = 3_000;
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** sshd insists on being called by its absolute path, because it runs itself again for each connection. */
export function findSshd(): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, "sshd"))
    .find(isExecutable);
}

/** A real OpenSSH sshd with a configuration, keys and a port of its own; the machine's own ssh set-up is not read. */
export async function startSshd(options: TestSshdOptions = {}): Promise<Sshd> {
  const program = findSshd();
  if (program === undefined) throw new Error("no sshd is installed");
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), "clawtunnel-sshd-"));
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const removeDir = () => {
    if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
  };
  try {
    return await launchSshd(program, dir, options, removeDir);
  } catch (error) {
    removeDir();
    throw error;
  }
}

async function launchSshd(program: string, dir: string, options: TestSshdOptions, removeDir: () => void): Promise<Sshd> {
  const port = options.port ?? (await freePort());
  const clientKeyPath = join(dir, "client_key");
  const hostKeyPath = join(dir, "host_key");
  const knownHostsPath = join(dir, "known_hosts");
  const configPath = join(dir, "sshd_config");
  await makeKey(clientKeyPath);
  await makeKey(hostKeyPath);
  const hostKeyPublic = () => readFileSync(`${hostKeyPath}.pub`, "utf8").split(" ", 2).join(" ");
  const keyOptions = options.authorizedKeysOptions === undefined ? "" : `${options.authorizedKeysOptions} `;
  writeFileSync(join(dir, "authorized_keys"), keyOptions + readFileSync(`${clientKeyPath}.pub`, "utf8"));
  writeFileSync(knownHostsPath, `[127.0.0.1]:${port} ${hostKeyPublic()}\n`);
  writeFileSync(configPath, sshdConfig(program, dir, port, options.extraConfig ?? [], options.environment ?? {}));

  let log = "";
  let listener: ChildProcess | undefined;

  const start = async () => {
    if (listener !== undefined && running.has(listener)) return;
    const child = spawn(program, ["-D", "-e", "-f", configPath], { stdio: ["ignore", "ignore", "pipe"] });
    listener = child;
    running.add(child);
    child.once("exit", () => running.delete(child));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
    const deadlineMs = performance.now() + startTimeoutMs;
    while (!(await greetsAsSsh(port))) {
      if (!running.has(child) || performance.now() > deadlineMs) {
        child.kill("SIGKILL");
        throw new Error(`sshd does not start:\n${log}`);
      }
      await delay(pollMs);
    }
    // The probe's own process may still be about to leave, and is no session. Other clients do not stay "[accepted]".
    for (const [pid] of sessionsOf(child.pid)) {
      while (readTitle(pid).includes("[accepted]") && performance.now() < deadlineMs) await delay(pollMs);
    }
  };

  const killSessions = async (isMeant: (pid: number) => boolean = () => true) => {
    const sessions = sessionsOf(listener?.pid).filter(([pid]) => isMeant(pid));
    const pids = sessions.flat();
    for (const pid of pids) sendSignal(pid, "SIGKILL");
    await untilGone(pids);
    return sessions.length;
  };

  const freezeSessions = async () => {
    const sessions = sessionsOf(listener?.pid);
    for (const pid of sessions.flat()) sendSignal(pid, "SIGSTOP");
    return sessions.length;
  };

  const stop = async () => {
    const child = listener;
    listener = undefined;
    if (child?.pid === undefined || !running.has(child)) return;
    const exited = once(child, "exit");
    // A listener that is held forks no session that would be missed here and outlive it.
    child.kill("SIGSTOP");
    while (processState(child.pid) !== undefined && processState(child.pid) !== "T") await delay(pollMs);
    const sessions = sessionsOf(child.pid).flat();
    for (const pid of sessions) sendSignal(pid, "SIGTERM");
    for (const pid of sessions) sendSignal(pid, "SIGCONT");
    child.kill("SIGTERM");
    child.kill("SIGCONT");
    await exited;
    await untilGone(sessions);
  };

  await start();
  return {
    port,
    host: "127.0.0.1",
    user: userInfo().username,
    dir,
    clientKeyPath,
    hostKeyPath,
    get hostKeyPublic() {
      return hostKeyPublic();
    },
    knownHostsPath,
    killSessions: () => killSessions(),
    killFrozenSessions: () => killSessions((pid) => processState(pid) === "T"),
    countSessions: () => sessionsOf(listener?.pid).length,
    freezeSessions,
    stop,
    start,
    replaceHostKey: async () => {
      const wasRunning = listener !== undefined;
      await stop();
      rmSync(hostKeyPath);
      await makeKey(hostKeyPath);
      if (wasRunning) await start();
    },
    log: () => log,
    dispose: async () => {
      await stop();
      removeDir();
    },
  };
}

/**
 * A port that nobody listens on, below the range that systems take ports of outgoing connections from. Within that range
 * a client that dials a stopped server over and over can, on loopback, be given the very same port and reach itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

async function makeKey(path: string): Promise<void> {
  if (existsSync(path)) return;
  rmSync(`${path}.pub`, { force: true });
  await promisify(execFile)("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "clawtunnel-test", "-f", path]);
}

/** sshd takes the first value of each keyword; a Match block swallows every line after it. */
function sshdConfig(
  program: string,
  dir: string,
  port: number,
  extra: readonly string[],
  environment: Readonly<Record<string, string>>,
): string {
  const matchAt = extra.findIndex((line) => /^\s*match\s/i.test(line));
  const globalCount = matchAt === -1 ? extra.length : matchAt;
  const hostKey = `HostKey "${join(dir, "host_key")}"`;
  // A login shell may read this machine's own set-up at HOME, which may say and do anything.
  const variables = Object.entries({ HOME: dir, ...environment }).map(([name, value]) => `"${name}=${value}"`);
  const optional = ["UsePAM no", "PerSourcePenalties no"].filter((line) => understands(program, dir, [hostKey, line]));
  const lines = [
    ...extra.slice(0, globalCount),
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    hostKey,
    `AuthorizedKeysFile "${join(dir, "authorized_keys")}"`,
    "AuthenticationMethods publickey",
    "PasswordAuthentication no",
    "PermitRootLogin yes",
    "StrictModes no",
    "PidFile none",
    "UseDNS no",
    "PrintMotd no",
    "PrintLastLog no",
    "LogLevel VERBOSE",
    "MaxStartups 1000",
    "MaxSessions 1000",
    `SetEnv ${variables.join(" ")}`,
    ...optional,
    ...extra.slice(globalCount),
  ];
  return `${lines.join("\n")}\n`;
}

function understands(program: string, dir: string, lines: readonly string[]): boolean {
  const path = join(dir, "sshd_config.probe");
  writeFileSync(path, `${lines.join("\n")}\n`);
  const { status, stderr } = spawnSync(program, ["-t", "-f", path], { encoding: "utf8" });
  rmSync(path);
  return status === 0 && !/unsupported|deprecated/i.test(stderr);
}

function greetsAsSsh(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(port, "127.0.0.1");
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      text += chunk;
      if (text.includes("\n")) socket.end();
    });
    socket.on("error", () => {});
    socket.setTimeout(startTimeoutMs, () => socket.destroy());
    socket.once("close", () => resolve(text.startsWith("SSH-")));
  });
}

/** For each session of this listener its processes: one, or two where sshd separates privileges. */
function sessionsOf(listenerPid: number | undefined): [number, ...number[]][] {
  if (listenerPid === undefined) return [];
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((found) => found !== undefined)
    .filter(({ name, state }) => name.startsWith("sshd") && state !== "Z")
    .filter(({ pid }) => readTitle(pid) !== "");
  const childrenOf = (pid: number): number[] => processes.filter((child) => child.parentPid === pid).map((child) => child.pid);
  const withDescendants = (pid: number): [number, ...number[]] => [pid, ...childrenOf(pid).flatMap(withDescendants)];
  return childrenOf(listenerPid).map(withDescendants);
}

function readProcess(pid: number): { pid: number; name: string; state: string; parentPid: number } | undefined {
  try {
    const match = /^\d+ \((.*)\) (\S) (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"));
    return match === null ? undefined : { pid, name: match[1] ?? "", state: match[2] ?? "", parentPid: Number(match[3]) };
  } catch {
    return undefined;
  }
}

/** Empty once the process is on its way out. */
function readTitle(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

function processState(pid: number): string | undefined {
  const state = readProcess(pid)?.state;
  return state === "Z" ? undefined : state;
}

async function untilGone(pids: readonly number[]): Promise<void> {
  const deadlineMs = performance.now() + stopTimeoutMs;
  for (const pid of pids) {
    while (processState(pid) !== undefined) {
      if (performance.now() > deadlineMs) sendSignal(pid, "SIGKILL");
      await delay(pollMs);
    }
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It was gone already.
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
