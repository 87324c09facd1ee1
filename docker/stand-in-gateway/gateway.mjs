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
  const usual = { phase: undefined, startingMs: 100, drainingMs: 100, awayMs: 300, comesBack: "as-told" };
  try {
    return { ...usual, ...JSON.parse(readFileSync(flags.control, "utf8")) };
  } catch {
    return usual;
  }
}

/** A service manager starts it again. Where there is none, it restarts within its process. */
const isSupervised = ["OPENCLAW_SYSTEMD_UNIT", "INVOCATION_ID", "SYSTEMD_EXEC_PID", "JOURNAL_STREAM"].some((name) => env[name]?.trim());

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

/** A start. `keptBind` is what it began with when it starts again within its process: the real one looks at it only once. */
async function begin(keptBind) {
  const { comesBack } = readControl();
  if (comesBack === "exit-78") throw new Refusal("told to refuse");
  if (comesBack === "never") return { bind: keptBind, life: { end: async () => {} } };
  const settings = readSettings(configFile, { ...flags, bind: keptBind ?? flags.bind }, env);
  const hosts = comesBack === "everywhere" ? ["0.0.0.0"] : settings.hosts;
  return { bind: settings.bind, life: await live({ ...settings, hosts }) };
}

async function main() {
  let { bind, life } = await begin();
  let { fingerprint } = readFingerprint(configFile);
  let turn = Promise.resolve();

  const restart = async () => {
    const found = readFingerprint(configFile);
    if (found.problem !== undefined) return log(`config reload skipped (invalid config): ${found.problem}`);
    if (found.fingerprint === fingerprint) return;
    fingerprint = found.fingerprint;
    if (found.reloadMode === "off") return log("config change requires gateway restart");
    await life.end("gateway restarting", 1_500);
    if (isSupervised) process.exit(0);
    log("restart mode: in-process restart");
    await sleep(readControl().awayMs);
    ({ bind, life } = await begin(bind));
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
