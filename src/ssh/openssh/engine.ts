import { execFile } from "node:child_process";
import { Failure } from "../../base/failure.js";
import { timingDefaults } from "../../config/defaults.js";
import { formatServer } from "../../config/target.js";
import type { LoginSpec } from "../../config/tunnel-spec.js";
import { type HostConfig, hasProxy } from "../host-config.js";
import { type OpensshVersion, readOpensshVersion } from "../openssh-version.js";
import { sshWords } from "../resolve/ssh-words.js";
import type { ConnectContext, HostEngine, HostSession } from "../session.js";
import { failureFromSpawn } from "./failures.js";
import { hasFastAes } from "./fast-aes.js";
import { ourWords } from "./options.js";
import { loadPty } from "./process.js";
import { Receipts } from "./receipts.js";

interface Place {
  /** For receipts. */
  readonly stateDir: string;
  /** For sockets. */
  readonly runtimeDir: string;
  /** Where ssh can ask: undefined when node-pty is not there. */
  readonly loadPty?: typeof loadPty;
}

export interface OpensshEngine extends HostEngine {
  /** Ends what a killed daemon of the same home has left running. To be called before the first log-in. Never rejects. */
  reap(): Promise<void>;
}

/** The engine that runs the system's ssh. */
export function createOpensshEngine({ stateDir, runtimeDir, loadPty: load = loadPty }: Place): OpensshEngine {
  const receipts = new Receipts(stateDir);
  const place = { runtimeDir, receipts, loadPty: load };
  return {
    name: "openssh",
    connect: (host, login, context, signal) => connect(host, login, context, place, signal),
    reap: () => receipts.reap(),
  };
}

async function connect(
  host: HostConfig,
  login: LoginSpec,
  context: ConnectContext,
  place: { readonly runtimeDir: string; readonly receipts: Receipts; readonly loadPty: typeof loadPty },
  signal: AbortSignal,
): Promise<HostSession> {
  if (process.platform === "win32") {
    // Its ssh has neither a control socket nor a way to listen at a named pipe.
    throw new Failure(
      "engine-unavailable",
      `${formatServer(host.server)}: the ssh of Windows cannot be supervised, because it has no control socket`,
      {
        hint: "Use `--engine ssh2`, without what only ssh can do; or run clawtunnel in WSL, where this engine works.",
      },
    );
  }
  const version = await sshVersion();
  // Loaded when it is first needed: most daemons never run an ssh, and each would begin later for it.
  const { logIn } = await import("./log-in.js");
  const connectTimeoutMs = login.connectTimeoutMs ?? host.connectTimeoutMs ?? timingDefaults.connectTimeoutMs;
  return logIn({
    host,
    context,
    version,
    connectTimeoutMs,
    ...place,
    words: (controlPath, canAsk) => [
      ...ourWords({
        version,
        controlPath,
        connectTimeoutMs,
        canAsk,
        hostKeyPolicy: host.hostKeyPolicy,
        hasProxy: hasProxy(host),
        prefersAes: host.ciphers === null && hasFastAes(),
      }),
      ...sshWords(login),
    ],
    signal,
  });
}

let knownVersion: Promise<OpensshVersion> | undefined;

/** Asked once: a newer ssh that is installed meanwhile knows the same options. */
function sshVersion(): Promise<OpensshVersion> {
  knownVersion ??= askVersion().catch((error: unknown) => {
    knownVersion = undefined;
    throw error;
  });
  return knownVersion;
}

function askVersion(): Promise<OpensshVersion> {
  return new Promise((resolve, reject) => {
    execFile("ssh", ["-V"], { timeout: 5_000, windowsHide: true }, (error, stdout, stderr) => {
      if (error !== null) return reject(failureFromSpawn(error));
      const text = stderr + stdout;
      const version = readOpensshVersion(text);
      if (version !== undefined) return resolve(version);
      reject(new Failure("engine-unavailable", `the system's ssh is not OpenSSH: it calls itself ${text.trim().slice(0, 80)}`));
    });
  });
}
