import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
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

/** For a part of a figure: what it started ends with it, or with the whole. */
export async function inScope(whole, work) {
  const own = createScope();
  whole.defer(own.end);
  try {
    return await work(own);
  } finally {
    await own.end();
  }
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
export function findProgram(name) {
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

export async function untilOpen(port, timeoutMs = 10_000) {
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

/** When the first byte of the service's answer came through `port`, by new connections until one is answered. */
export async function firstByte(port, { timeoutMs = 60_000, pollMs: pauseMs = pollMs } = {}) {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const { outcome, atMs } = await askOnce(port);
    if (outcome === "served") return atMs;
    if (performance.now() > deadlineMs) throw new Error(`no answer through port ${port} within ${timeoutMs} ms`);
    await delay(pauseMs);
  }
}

/**
 * One connection, and what became of it when: `served` by the service itself, `refused`, `closed` without that, or `unanswered`
 * for as long as it waited.
 */
export function askOnce(port, waitMs = 5_000) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const finish = (outcome) => {
      resolve({ outcome, atMs: performance.now() });
      socket.destroy();
    };
    socket.setTimeout(waitMs, () => finish("unanswered"));
    socket.on("error", ({ code }) => finish(code === "ECONNREFUSED" ? "refused" : "closed"));
    socket.once("connect", () => socket.write("GET / HTTP/1.1\r\nhost: bench\r\n\r\n"));
    // clawtunnel itself tells HTTP clients that there is no tunnel: a 503 is no answer of the service.
    socket.once("data", (data) => finish(data.toString("latin1").startsWith("HTTP/1.1 200 ") ? "served" : "closed"));
    socket.once("close", () => finish("closed"));
  });
}
