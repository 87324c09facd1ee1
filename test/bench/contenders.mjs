import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startProcess, untilGone } from "./processes.mjs";
import { freePort, makeFolder } from "./support.mjs";

const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export const isBuilt = existsSync(program);

/** A clawtunnel home of its own: no config, no daemon, and nothing of the user's. */
export function makeHome(scope) {
  const folder = makeFolder(scope);
  const { SSH_AUTH_SOCK: _, ...inherited } = process.env;
  const env = { ...inherited, HOME: folder, CLAWTUNNEL_HOME: folder };
  const running = new Set();
  const start = (args) => {
    const child = spawn(process.execPath, [program, ...args], { env, stdio: ["ignore", "ignore", "pipe"] });
    const exited = once(child, "exit").finally(() => running.delete(exited));
    running.add(exited);
    return child;
  };
  const run = async (args) => {
    const child = start(args);
    let talk = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      talk += text;
    });
    const [code] = await once(child, "close");
    if (code !== 0) throw new Error(`clawtunnel ${args[0]} ended with ${code}: ${talk}`);
  };
  const status = () => readStatus(join(folder, "run", "control.sock"));
  const stop = async () => {
    // An `up` that is interrupted may be about to start the daemon.
    await Promise.all(running);
    const report = await status().catch(() => undefined);
    if (report === undefined) return;
    process.kill(report.daemon.pid, "SIGTERM");
    await untilGone(report.daemon.pid);
  };
  scope.defer(stop);
  return {
    folder,
    start,
    run,
    status,
    stop,
    daemonPid: async () => (await status()).daemon.pid,
    writeConfig: (config) => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "config.json"), JSON.stringify(config), { mode: 0o600 });
    },
  };
}

function readStatus(socketPath) {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: "/v1/status", headers: { host: "localhost" }, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part) => {
        text += part;
      });
      response.once("end", () => resolve(JSON.parse(text)));
    });
    asked.once("error", reject).end();
  });
}

/** The same words for clawtunnel's `up`, ssh and autossh, apart from what each needs to leave the user's own set-up out. */
export function upArgs(sshd, localPort, servicePort, engine) {
  const forward = `${localPort}:127.0.0.1:${servicePort}`;
  const words = ["up", sshd.target, "-F", "none", "-L", forward, "-i", sshd.keyPath, "-o", `UserKnownHostsFile=${sshd.knownHostsPath}`];
  return engine === undefined ? words : [...words, "--engine", engine];
}

export function sshArgs(sshd, localPort, servicePort) {
  const options = [`UserKnownHostsFile=${sshd.knownHostsPath}`, "IdentitiesOnly=yes", "BatchMode=yes", "StrictHostKeyChecking=yes"];
  return [
    ...["-F", "none", "-N", "-p", String(sshd.port), "-i", sshd.keyPath],
    ...options.flatMap((option) => ["-o", option]),
    ...["-L", `127.0.0.1:${localPort}:127.0.0.1:${servicePort}`, `${sshd.user}@127.0.0.1`],
  ];
}

/** An entry of config.json. */
export function tunnelEntry(sshd, localPort, servicePort, engine) {
  return {
    target: sshd.target,
    sshConfig: "none",
    ...(engine !== undefined && { engine }),
    identities: [sshd.keyPath],
    knownHosts: [sshd.knownHostsPath],
    forwards: [{ local: `127.0.0.1:${localPort}`, to: `127.0.0.1:${servicePort}` }],
  };
}

/** A tunnel that stands; by `engine`, or by the one that clawtunnel takes. */
export async function openClawtunnel(scope, sshd, servicePort, engine) {
  const home = makeHome(scope);
  const port = await freePort();
  await home.run(upArgs(sshd, port, servicePort, engine));
  if (engine !== undefined) await checkEngine(home, engine);
  return { port, pid: await home.daemonPid() };
}

/** Throws when a tunnel is held by another engine, or not at all: its figures would be those of something else. */
export async function checkEngine(home, engine) {
  for (const tunnel of (await home.status()).tunnels) {
    if (tunnel.engine === engine && tunnel.phase === "up") continue;
    throw new Error(`${tunnel.name} is ${tunnel.phase} by ${tunnel.engine}, and was to be up by ${engine}`);
  }
}

/** The same with ssh, which listens when it has logged in. */
export async function openSsh(scope, sshd, servicePort) {
  const port = await freePort();
  const child = startProcess(scope, "ssh", sshArgs(sshd, port, servicePort));
  while (!(await isListening(port))) await delay(5);
  return { port, pid: child.pid };
}

function isListening(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
