// A stand-in for an OpenClaw gateway: what one answers, where it listens, and how it restarts. ./README.md tells how to use it.
import { randomUUID } from "node:crypto";
import { readFileSync, unwatchFile, watchFile } from "node:fs";
import { createServer } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Refusal, readFingerprint, readSettings } from "./config.mjs";
import { answer, answerSandbox, isProxied, proxyRefusal } from "./http.mjs";
import { talk } from "./protocol.mjs";
import { acceptKey, openWebSocket } from "./web-socket.mjs";

const { values: flags } = parseArgs({
  options: {
    port: { type: "string" },
    bind: { type: "string" },
    token: { type: "string" },
    profile: { type: "string" },
    config: { type: "string" },
    control: { type: "string" },
    version: { type: "string", default: "2026.9.6" },
    "allow-unconfigured": { type: "boolean", default: false },
  },
});
const { env } = process;
const stateFolder = env.OPENCLAW_STATE_DIR ?? join(homedir(), flags.profile === undefined ? ".openclaw" : `.openclaw-${flags.profile}`);
const configFile = flags.config ?? env.OPENCLAW_CONFIG_PATH ?? join(stateFolder, "openclaw.json");
// The real one calls itself so: its command line cannot be seen in /proc.
process.title = "openclaw-gateway";

/** What a test may ask for while it runs; README.md has the list. */
function readControl() {
  const usual = { phase: undefined, startingMs: 100, drainingMs: 100, awayMs: 300, restart: "fresh", comesBack: "as-told" };
  try {
    return { ...usual, ...JSON.parse(readFileSync(flags.control, "utf8")) };
  } catch {
    return usual;
  }
}

const log = (line) => process.stdout.write(`[gateway] ${line}\n`);
const sleep = (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs));
const isModern = !/^2026\.[1-8]\./.test(flags.version);
const probes = isModern ? ["live", "ready", "startup"] : /^2026\.3\./.test(flags.version) ? ["live", "ready"] : [];

/** One life between two restarts: its settings, listeners and clients. */
async function live(settings) {
  const startedAtMs = Date.now();
  const listeners = [];
  const talks = new Set();
  let phase = "starting";
  const gateway = { ...settings, version: flags.version, isModern, probes, bootId: randomUUID(), startedAtMs };
  Object.defineProperty(gateway, "phase", { get: () => readControl().phase ?? phase });

  const upgrade = (request, socket, head) => {
    socket.on("error", () => {});
    const refuse = (line, { headers = {}, body = "" } = {}) => {
      const lines = Object.entries({ connection: "close", "content-length": Buffer.byteLength(body), ...headers });
      socket.end(`HTTP/1.1 ${line}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`);
    };
    const closed = { headers: { "content-type": "text/plain; charset=utf-8" }, body: "Gateway websocket admission closed" };
    if (isProxied(request)) return refuse("403 Forbidden", proxyRefusal());
    if (gateway.phase === "draining") return refuse("503 Service Unavailable", closed);
    const accept = acceptKey(request);
    if (accept === undefined) return refuse("400 Bad Request", { headers: { "content-type": "text/html" }, body: "Bad Request" });
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    let onText = () => {};
    const web = openWebSocket(socket, head, { onText: (text) => onText(text), onClose: () => talks.delete(conversation) });
    const conversation = talk(gateway, web, request);
    ({ onText } = conversation);
    talks.add(conversation);
  };

  const open = async (host, port, onRequest) => {
    const server = createServer(onRequest).on("upgrade", upgrade);
    await new Promise((resolve, reject) => server.once("error", reject).listen(port, host, resolve));
    listeners.push(server);
  };
  for (const host of settings.hosts) {
    await openPatiently(() => open(host, settings.port, (request, response) => answer(gateway, request, response)), host);
    if (settings.hasSandbox) await openPatiently(() => open(host, settings.port + 1, answerSandbox), host);
  }
  log(`http server listening on ${settings.hosts.join(", ")} port ${settings.port}`);
  void sleep(readControl().startingMs).then(() => {
    if (phase === "starting") phase = "started";
    log("ready");
  });

  return {
    end: async (reason, restartExpectedMs) => {
      if (restartExpectedMs !== undefined) {
        phase = "draining";
        await sleep(readControl().drainingMs);
      }
      for (const conversation of [...talks]) conversation.shutDown(reason, restartExpectedMs);
      await Promise.all(
        listeners.map((server) => {
          const closed = new Promise((resolve) => server.close(resolve));
          server.closeAllConnections();
          return closed;
        }),
      );
    },
  };
}

/** Where a machine has no IPv6, the gateway does without. A port that is taken is tried for a while. */
async function openPatiently(open, host) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await open();
    } catch (error) {
      if (host === "::1" && error.code !== "EADDRINUSE") return;
      if (error.code !== "EADDRINUSE" || attempt === 20) throw error;
      await sleep(500);
    }
  }
}

function refuseToStart(error) {
  process.stderr.write(`${error.stack}\n`);
  process.exit(error instanceof Refusal || error instanceof SyntaxError ? 78 : 1);
}

/** What a change of the file makes of the settings, or a test wants it to. */
function settingsAfter(settings) {
  const { restart, comesBack } = readControl();
  if (comesBack === "exit-78") throw new Refusal("told to refuse");
  // In a container the real one restarts within its process and keeps the bind that it began with.
  const bind = restart === "in-process" ? settings.bind : flags.bind;
  const told = readSettings(configFile, { ...flags, bind }, env);
  return comesBack === "everywhere" ? { ...told, bind: "lan", hosts: ["0.0.0.0"] } : told;
}

async function main() {
  let settings = readSettings(configFile, flags, env);
  let life = await live(settings);
  let { fingerprint } = readFingerprint(configFile);
  let turn = Promise.resolve();

  const restart = async () => {
    const found = readFingerprint(configFile);
    if (found.problem !== undefined) return log(`config reload skipped (invalid config): ${found.problem}`);
    if (found.fingerprint === fingerprint) return;
    fingerprint = found.fingerprint;
    if (found.reloadMode === "off" || found.reloadMode === "hot") return log("config change requires gateway restart");
    await life.end("gateway restarting", 1_500);
    // What a service manager would start again.
    if (readControl().restart === "exit") process.exit(0);
    log("restarting");
    if (readControl().comesBack === "never") return;
    await sleep(readControl().awayMs);
    settings = settingsAfter(settings);
    life = await live(settings);
  };
  watchFile(configFile, { interval: 50 }, () => {
    turn = turn.then(restart).catch(refuseToStart);
  });
  const stop = async () => {
    unwatchFile(configFile);
    await life.end("gateway stopping");
    process.exit(0);
  };
  process.once("SIGTERM", stop).once("SIGINT", stop);
}

main().catch(refuseToStart);
