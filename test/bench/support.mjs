import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Debian's and Ubuntu's names of the packages that hold the programs measured against. */
const packages = { sshd: "openssh-server", ssh: "openssh-client", "ssh-keygen": "openssh-client", autossh: "autossh" };
const pollMs = 2;

/** What a figure started, ended in reverse order: also after a failure, and on ctrl-C. */
export function createScope() {
  const cleanups = [];
  const end = async () => {
    for (let cleanup = cleanups.pop(); cleanup !== undefined; cleanup = cleanups.pop()) await cleanup();
  };
  return { defer: (cleanup) => cleanups.push(cleanup), end };
}

/** The sentences that say what is missing on this machine; none when all is there. */
export function findMissing() {
  if (process.platform !== "linux") return ["The bench reads /proc, so it runs on Linux only."];
  const missing = Object.keys(packages).filter((program) => findProgram(program) === undefined);
  if (missing.length === 0) return [];
  const wanted = [...new Set(missing.map((program) => packages[program]))];
  return [`Missing: ${missing.join(", ")}. On Debian or Ubuntu: apt-get install ${wanted.join(" ")}`];
}

/** By its absolute path: sshd insists on being called by it, because it runs itself again for each connection. */
function findProgram(name) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A folder of short name: a unix socket's path takes about 100 bytes. */
export function makeFolder(scope) {
  const folder = mkdtempSync(join(tmpdir(), "claw-b-"));
  scope.defer(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A real sshd with keys, a configuration and a port of its own. */
export async function startSshd(scope) {
  const folder = makeFolder(scope);
  const [keyPath, hostKeyPath, configPath, knownHostsPath] = ["key", "host_key", "config", "known_hosts"].map((name) => join(folder, name));
  for (const path of [keyPath, hostKeyPath]) {
    spawnSync(findProgram("ssh-keygen"), ["-q", "-t", "ed25519", "-N", "", "-C", "clawtunnel-bench", "-f", path]);
  }
  if (process.getuid() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const sshd = findProgram("sshd");
  const port = await freePort();
  const lines = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey "${hostKeyPath}"`,
    `AuthorizedKeysFile "${keyPath}.pub"`,
    "AuthenticationMethods publickey",
    "PermitRootLogin yes",
    "StrictModes no",
    "PidFile none",
    "UseDNS no",
    "PrintMotd no",
    "PrintLastLog no",
    "MaxStartups 2000",
    "MaxSessions 2000",
    // Where a command is run on the server, it is not this user's own shell set-up that is measured.
    `SetEnv HOME="${folder}"`,
  ];
  // Newer servers lock out a client that comes as often as this one; older ones do not know the word.
  writeFileSync(configPath, `${[...lines, "PerSourcePenalties no"].join("\n")}\n`);
  if (spawnSync(sshd, ["-t", "-f", configPath]).status !== 0) writeFileSync(configPath, `${lines.join("\n")}\n`);
  writeFileSync(knownHostsPath, `[127.0.0.1]:${port} ${readFileSync(`${hostKeyPath}.pub`, "utf8")}`);
  const listener = startProcess(scope, sshd, ["-D", "-f", configPath]);
  // A session that outlives its listener would hold the machine.
  scope.defer(() => killAll(descendantsOf(listener.pid)));
  await untilOpen(port);
  return {
    port,
    target: `${userInfo().username}@127.0.0.1:${port}`,
    user: userInfo().username,
    keyPath,
    knownHostsPath,
    /** SIGKILLs the processes of every session; returns the time at which it began. */
    killSessions: () => {
      const sessions = descendantsOf(listener.pid);
      if (sessions.length === 0) throw new Error("sshd has no session to kill");
      const atMs = performance.now();
      killAll(sessions);
      return atMs;
    },
  };
}

/** A child that ends with the scope at the latest. Its `stop()` ends it now. */
export function startProcess(scope, program, args, options = {}) {
  const child = spawn(program, args, { stdio: "ignore", ...options });
  const exited = once(child, "exit");
  child.stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await exited;
  };
  scope.defer(child.stop);
  return child;
}

/** Every child, and theirs. */
function descendantsOf(pid) {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return children === "" ? [] : children.split(" ").flatMap((child) => [Number(child), ...descendantsOf(child)]);
  } catch {
    return [];
  }
}

function killAll(pids) {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It was gone already.
    }
  }
}

export async function untilGone(pid) {
  while (isAlive(pid)) await delay(pollMs);
}

function isAlive(pid) {
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** In MiB. `pss` counts a page that n processes share as 1/n. */
export function memoryOf(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const read = (field) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) / 1024;
  return { rss: read("Rss"), pss: read("Pss") };
}

const given = new Set();

/** Below the range that outgoing connections take their ports from, and never the same one twice. */
export async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (given.has(port)) continue;
    given.add(port);
    const server = createServer();
    const isFree = await new Promise((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

async function untilOpen(port, timeoutMs = 10_000) {
  const deadlineMs = performance.now() + timeoutMs;
  const tryOnce = () =>
    new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("data", () => socket.destroy());
      socket.once("error", () => resolve(false));
      socket.once("close", () => resolve(socket.bytesRead > 0));
    });
  while (!(await tryOnce())) {
    if (performance.now() > deadlineMs) throw new Error(`nothing answers on port ${port}`);
    await delay(pollMs);
  }
}

/** When the first byte of an HTTP answer came through `port`, by new connections until one is answered. */
export async function firstByte(port, timeoutMs = 60_000) {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const atMs = await askOnce(port);
    if (atMs !== undefined) return atMs;
    if (performance.now() > deadlineMs) throw new Error(`no answer through port ${port} within ${timeoutMs} ms`);
    await delay(pollMs);
  }
}

function askOnce(port) {
  return new Promise((resolve) => {
    let atMs;
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.setTimeout(5_000, () => socket.destroy());
    socket.on("error", () => {});
    socket.once("connect", () => socket.write("GET / HTTP/1.1\r\nhost: bench\r\n\r\n"));
    socket.once("data", () => {
      atMs = performance.now();
      socket.destroy();
    });
    socket.once("end", () => socket.destroy());
    socket.once("close", () => resolve(atMs));
  });
}
