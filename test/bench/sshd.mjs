import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { descendantsOf, hold, isHeldOrGone, processTitle, signalAll, startProcess } from "./processes.mjs";
import { findProgram, freePort, makeFolder, untilOpen } from "./support.mjs";

const pollMs = 20;

/** A real sshd with keys, a configuration and a port of its own. */
export async function startSshd(scope) {
  const files = writeFiles(makeFolder(scope), await freePort());
  const { port, keyPath, knownHostsPath } = files;
  let listener;
  const sessions = () => descendantsOf(listener.pid);
  const start = async () => {
    listener = startProcess(scope, findProgram("sshd"), ["-D", "-f", files.configPath]);
    const own = listener;
    // A session that outlives its listener would hold the machine.
    scope.defer(() => own.isRunning() && signalAll(descendantsOf(own.pid), "SIGKILL"));
    await untilOpen(port);
    return performance.now();
  };
  const countLive = () => sessions().filter(isLive).length;
  await start();
  return {
    port,
    target: `${userInfo().username}@127.0.0.1:${port}`,
    user: userInfo().username,
    keyPath,
    knownHostsPath,
    /** SIGKILLs the processes of every session; returns the time at which it began. */
    killSessions: () => {
      const pids = sessions();
      if (pids.length === 0) throw new Error("sshd has no session to kill");
      const atMs = performance.now();
      signalAll(pids, "SIGKILL");
      return atMs;
    },
    /** SIGSTOPs them: their connections stand, and nothing is ever answered. Returns the time from which on that is so. */
    freezeSessions: () => {
      const pids = sessions();
      if (pids.length === 0) throw new Error("sshd has no session to freeze");
      hold(pids);
      return performance.now();
    },
    /** How many sessions have logged in, and run. */
    countLive,
    /** The time at which the first session that lives is seen, where there was none. */
    untilLive: async () => {
      while (countLive() === 0) await delay(pollMs);
      return performance.now();
    },
    /** Ends it with all of its sessions; returns when nobody listens any more. */
    stop: async () => {
      // A listener that is held forks no session that would be missed here and outlive it.
      hold([listener.pid]);
      signalAll([...sessions(), listener.pid], "SIGKILL");
      await listener.stop();
    },
    /** Returns the time from which on it can be reached again. */
    start,
  };
}

/** sshd names the processes of a session after its user, with a word in brackets until the log-in is over. */
function isLive(pid) {
  return /^sshd[^:]*: [^[]+$/.test(processTitle(pid)) && !isHeldOrGone(pid);
}

function writeFiles(folder, port) {
  const [keyPath, hostKeyPath, configPath, knownHostsPath] = ["key", "host_key", "config", "known_hosts"].map((name) => join(folder, name));
  for (const path of [keyPath, hostKeyPath]) {
    spawnSync(findProgram("ssh-keygen"), ["-q", "-t", "ed25519", "-N", "", "-C", "clawtunnel-bench", "-f", path]);
  }
  if (process.getuid() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
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
  if (spawnSync(findProgram("sshd"), ["-t", "-f", configPath]).status !== 0) writeFileSync(configPath, `${lines.join("\n")}\n`);
  writeFileSync(knownHostsPath, `[127.0.0.1]:${port} ${readFileSync(`${hostKeyPath}.pub`, "utf8")}`);
  return { port, keyPath, configPath, knownHostsPath };
}
